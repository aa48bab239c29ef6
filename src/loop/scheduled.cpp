// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/scheduled.hpp>

#include <utility>

#include "coro/fatal.hpp"
#include "loop/callback.hpp"

namespace rondo { inline namespace v0 {

scheduled::~scheduled() {
  if (!call_) return;
  // Once it is made or its loop is gone, nobody else has it.
  if (call_->is_shared() && call_->sched != detail::this_thread_scheduler)
    detail::fatal(
        "what call_later returned was destroyed on a thread that is not its loop's; use "
        "loop_ref::call_soon_threadsafe");
  call_->release();
}

void scheduled::cancel() {
  if (!call_) return;
  if (call_->is_shared() && call_->sched != detail::this_thread_scheduler)
    throw usage_error(
        "scheduled::cancel: the call belongs to another thread's loop; use "
        "loop_ref::call_soon_threadsafe");
  call_->cancelled = true;
  if (call_->armed()) {
    call_->queue->disarm(*call_);
    call_->forget_call();
    call_->release();
  }
  std::exchange(call_, nullptr)->release();
}

}}  // namespace rondo::v0
