// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/sleep.hpp>

#include <algorithm>
#include <cstdio>

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
  double left = static_cast<double>(deadline - loop::of(*waiter()).now_ns()) / 1e9;
  char text[32];
  std::snprintf(text, sizeof text, "%.1fs more", left < 0 ? 0 : left);
  return text;
}

}}}  // namespace rondo::v0::detail
