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
  stop_.hold(*this, outside::by::wish, &arrived);
  callback_.emplace(token_, on_stop{this});  // runs in here if it is requested just now
}

void stoppable_base::on_stop::operator()() const noexcept {
  __atomic_store_n(&op->posted_, true, __ATOMIC_RELEASE);
  op->stop_.arrive();
}

void stoppable_base::arrived(operation& op) noexcept {
  auto& self = static_cast<stoppable_base&>(op);
  self.requested_ = true;
  if (self.child_) {
    self.child_->request_cancel();
  } else {
    self.finish();
  }
}

void stoppable_base::end_child(bool cancelled) noexcept {
  child_ = nullptr;
  child_cancelled_ = cancelled;
  callback_.reset();  // from here on no callback runs
  if (stop_.held()) {
    if (__atomic_load_n(&posted_, __ATOMIC_ACQUIRE)) return;  // its arrival ends this
    stop_.withdraw();
  }
  finish();
}

void stoppable_base::finish() noexcept { complete_or_stop(child_cancelled_); }

}}}  // namespace rondo::v0::detail
