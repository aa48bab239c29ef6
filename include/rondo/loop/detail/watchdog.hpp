// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/scheduler.hpp>

namespace rondo::inline v0::detail {

/// Says when one step of a coroutine holds the loop too long: a thread that
/// looks every few milliseconds whether the same step still runs, so that the
/// loop itself reads no clock. On in debug mode only.
class watchdog {
 public:
  explicit watchdog(scheduler& watched);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

 private:
  struct state;
  state* state_;
};

}  // namespace rondo::inline v0::detail
