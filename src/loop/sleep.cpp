// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/sleep.hpp>

#include <algorithm>
#include "detail/duration_text.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void sleep_operation::arm() noexcept {
  loop& l = loop::of(*waiter());
  expire = [](timer& t) noexcept { static_cast<sleep_operation&>(t).complete(); };
  std::int64_t when = deadline;
  if (when < 0) when = delay(std::chrono::nanoseconds(-when)).after(l.now_ns());
  l.timers().arm(*this, std::min(when, timer_queue::never - 1));
}

bool sleep_operation::cancel() noexcept {
  loop::of(*waiter()).timers().disarm(*this);
  return true;
}

std::string sleep_operation::detail() const {
  if (!waiter() || !armed()) return {};
  std::int64_t left = std::max<std::int64_t>(0, deadline - loop::of(*waiter()).now_ns());
  return duration_text(std::chrono::nanoseconds(left)) + " more";
}

}}}  // namespace rondo::v0::detail
