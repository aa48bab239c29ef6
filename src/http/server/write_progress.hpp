// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "http/server/least_rate.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// Whether a client takes what is written to it, by looks at how much it has taken since the
/// connection began.
class write_progress {
 public:
  /// The client must take what is written from now on.
  void begin() noexcept {
    was_silent_ = false;
    first_look_ = 0;
  }
  /// A look: whether it has taken nothing at two in a row, or takes less than it must.
  bool has_stalled(std::uint64_t taken, std::int64_t now, const least_rate& least) noexcept {
    bool silent = taken == std::exchange(taken_, taken);
    if (first_look_ == 0) {
      first_look_ = now;
      taken_before_ = taken;
    }
    if ((silent && was_silent_) || least.too_slow(taken - taken_before_, now - first_look_))
      return true;
    was_silent_ = silent;
    return false;
  }

 private:
  std::uint64_t taken_ = 0;         // when last looked
  std::uint64_t taken_before_ = 0;  // at the first look at this write, which was then:
  std::int64_t first_look_ = 0;     // 0: there was none
  bool was_silent_ = false;         // it had taken nothing when last looked
};

}}}  // namespace rondo::v0::http::detail
