// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/move_on_when.hpp>

namespace rondo { inline namespace v0 { namespace detail {

void stoppable_base::begin_child(node& child) noexcept {
  child_ = &child;
  child.start_below(*waiter());
  if (token_.stop_requested()) {
    requested_ = true;
    child.request_cancel();
    return;
  }
  if (!token_.stop_possible()) return;
  arrival_.op = this;
  arrival_.fire = &arrived;
  link_ = waiter()->sched().outside;
  link_->hold();
  callback_.emplace(token_, on_stop{this});  // runs in here if it is requested just now
}

void stoppable_base::on_stop::operator()() const noexcept {
  __atomic_store_n(&op->posted_, true, __ATOMIC_RELEASE);
  op->link_->post_and_release(op->arrival_);
}

void stoppable_base::arrived(entry& e) noexcept {
  stoppable_base& op = *static_cast<arrival&>(e).op;
  op.requested_ = true;
  if (op.child_) {
    op.child_->request_cancel();
  } else {
    op.finish();
  }
}

void stoppable_base::end_child(bool cancelled) noexcept {
  child_ = nullptr;
  child_cancelled_ = cancelled;
  if (link_) {
    callback_.reset();  // from here on no callback runs
    if (!__atomic_load_n(&posted_, __ATOMIC_ACQUIRE)) {
      link_->release();
    } else if (!requested_) {
      return;  // its arrival ends this
    }
  }
  finish();
}

void stoppable_base::finish() noexcept {
  if (child_cancelled_ && waiter()->cancel_requested()) {
    complete_stopped();
  } else {
    complete();
  }
}

}}}  // namespace rondo::v0::detail
