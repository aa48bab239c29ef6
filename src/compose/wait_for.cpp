// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/wait_for.hpp>

#include "compose/cut_off.hpp"
#include "detail/duration_text.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void deadline_base::begin_child(node& child) noexcept {
  loop& l = loop::of(*waiter());
  std::int64_t now = l.now_ns();
  delay limit = std::chrono::nanoseconds(absolute_ ? 0 : when_);
  child.start_below(*waiter());
  if (absolute_ ? when_ == timer_queue::never : limit.endless()) return;
  std::int64_t deadline = absolute_ ? when_ : limit.after(now);
  if (deadline <= now) {  // asyncio's rule: no time means that it does not even begin
    time_is_up();
    return;
  }
  expire = &expired;
  l.timers().arm(*this, deadline);
}

void deadline_base::end_child(bool cancelled) noexcept {
  loop::of(*waiter()).timers().disarm(*this);
  complete_or_stop(cancelled);
}

void deadline_base::expired(timer& t) noexcept { static_cast<deadline_base&>(t).time_is_up(); }

// Where the child is can be told only before it is cancelled: then its frames go.
void deadline_base::time_is_up() noexcept {
  node& child = timed_child();
  if (child.cancel_requested()) return;  // by somebody else, and that is why it ends
  timed_out_ = true;
  if (!throws_) return child.request_cancel();
  child.request_cancel(reason_made([&] {
    bool direct = !child.root() && child.given_name().empty();
    return text((direct ? name_of(*child.waiting_on()) : child.name()) + " ") +
           (child.started() ? place_of_waiting(child) : ", before it began");
  }));
}

void deadline_base::throw_timeout() {
  cancel_reason told = timed_child().why_cancelled();
  throw timeout_error(told ? std::string(told.message()) : text({}));
}

std::string deadline_base::text(const std::string& child) const {
  if (absolute_) return "timeout_at: " + child + "timed out at its deadline";
  return "wait_for: " + child + "timed out after " + duration_text(std::chrono::nanoseconds(when_));
}

std::string deadline_base::detail() const {
  if (!waiter() || !armed()) return {};
  return duration_text(std::chrono::nanoseconds(deadline - loop::of(*waiter()).now_ns())) + " left";
}

}}}  // namespace rondo::v0::detail
