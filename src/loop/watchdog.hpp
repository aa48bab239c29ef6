// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/step_record.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Says when one step holds the loop too long: a thread that looks every few
/// milliseconds whether the same step still runs, so that the loop itself reads no
/// clock. On in debug mode only.
///
/// A step that ends is reported by the loop. One that does not is reported by this
/// thread, and so on standard error: after half a second, and each time that it has
/// lasted twice as long.
class watchdog {
 public:
  watchdog();
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

  /// What the loop writes down for it.
  step_record& step() noexcept;

 private:
  struct state;
  state* state_;
};

}}}  // namespace rondo::v0::detail
