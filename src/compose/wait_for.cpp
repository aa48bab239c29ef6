// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/wait_for.hpp>

#include <cstdio>

namespace rondo { inline namespace v0 { namespace detail {

std::string seconds(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3gs", static_cast<double>(ns) / 1e9);
  return text;
}

void deadline_base::begin_child(node& child) noexcept {
  loop& l = loop::of(*waiter());
  std::int64_t now = l.now_ns();
  delay limit = std::chrono::nanoseconds(absolute_ ? 0 : when_);
  child.start_below(*waiter());
  if (absolute_ ? when_ == timer_queue::never : limit.endless()) return;
  std::int64_t deadline = absolute_ ? when_ : limit.after(now);
  if (deadline <= now) {  // asyncio's rule: no time means that it does not even begin
    timed_out_ = true;
    child.request_cancel();
    return;
  }
  expire = &expired;
  l.timers().arm(*this, deadline);
}

void deadline_base::end_child(bool cancelled) noexcept {
  loop::of(*waiter()).timers().disarm(*this);
  complete_or_stop(cancelled);
}

void deadline_base::expired(timer& t) noexcept {
  auto& op = static_cast<deadline_base&>(t);
  op.timed_out_ = true;
  op.timed_child().request_cancel();
}

void deadline_base::throw_timeout() const {
  throw timeout_error(absolute_ ? "timed out at its deadline"
                                : "timed out after " + seconds(when_));
}

std::string deadline_base::detail() const {
  if (!waiter() || !armed()) return {};
  return seconds(deadline - loop::of(*waiter()).now_ns()) + " left";
}

}}}  // namespace rondo::v0::detail
