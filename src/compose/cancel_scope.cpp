// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/cancel_scope.hpp>

#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

scope_core::~scope_core() {
  if (!inside_.empty())
    fatal("a cancel_scope was destroyed while task '" + inside_.front()->waiter()->name() +
          "' ran something in it");
}

void scope_core::require_own_thread(const char* caller) const {
  if (!inside_.empty() && &loop_->scheduler() != this_thread_scheduler) [[unlikely]]
    throw usage_error(std::string("cancel_scope::") + caller +
                      ": what runs in it belongs to another thread's loop; use "
                      "loop_ref::call_soon_threadsafe");
}

void scope_core::cancel() noexcept {
  cancelled_ = true;
  for (scope_operation_base& op : inside_) op.cancel_child();
}

void scope_core::expired(timer& t) noexcept {
  auto& scope = static_cast<scope_core&>(t);
  if (scope.cancelled_) return;
  scope.timed_out_ = true;
  scope.cancel();
}

void scope_core::arm() noexcept {
  if (armed()) loop_->timers().disarm(*this);
  if (deadline_ == timer_queue::never || cancelled_) return;
  expire = &expired;
  loop_->timers().arm(*this, deadline_);
}

void scope_core::set_deadline(std::int64_t when) noexcept {
  deadline_ = when;
  if (!inside_.empty()) arm();
}

void scope_core::enter(scope_operation_base& op) noexcept {
  loop_ = &loop::of(*op.waiter());
  bool first = inside_.empty();
  inside_.push_front(op);
  if (!cancelled_ && deadline_ <= loop_->now_ns()) {
    cancelled_ = timed_out_ = true;
  }
  if (cancelled_) {
    op.cancel_child();
  } else if (first) {
    arm();
  }
}

void scope_core::leave(scope_operation_base& op) noexcept {
  op.unlink();
  if (inside_.empty() && armed()) loop_->timers().disarm(*this);
}

}}}  // namespace rondo::v0::detail
