// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/to_thread.hpp>

#include <rondo/exec/thread_pool.hpp>

namespace rondo::inline v0::detail {

bool thread_operation_base::begin() noexcept {
  scheduler& s = waiter()->sched();
  link_ = s.outside;
  link_->hold();
  run = [](job& j) noexcept { static_cast<thread_operation_base&>(j).work(); };
  finish = [](job& j) noexcept {
    auto& op = static_cast<thread_operation_base&>(j);
    // Once posted, the operation belongs to the loop's thread and may be gone.
    outside_link* link = op.link_;
    link->post_and_release(op.arrival_);
  };
  refuse = [](job& j) noexcept {
    auto& op = static_cast<thread_operation_base&>(j);
    op.fail(pool_destroyed(*op.pool_));
    op.finish(j);
  };
  arrival_.op = this;
  arrival_.fire = [](entry& e) noexcept {
    auto& op = *static_cast<arrival&>(e).op;
    --op.waiter()->sched().threads_at_work;
    if (op.told_to_stop_) {
      op.complete_stopped();
    } else {
      op.complete();
    }
  };
  ++s.threads_at_work;
  try {
    pool_->submit(*this);
    return false;
  } catch (...) {
    --s.threads_at_work;
    link_->release();
    fail(std::current_exception());
    return true;
  }
}

bool thread_operation_base::cancel() noexcept {
  if (pool_->withdraw(*this)) {
    --waiter()->sched().threads_at_work;
    link_->release();
    return true;
  }
  told_to_stop_ = request_stop();
  return false;
}

const char* thread_operation_base::describe() const noexcept {
  return pool_ == &worker_threads::shared() ? "to_thread" : "thread_pool";
}

std::string thread_operation_base::detail() const {
  return pool_ == &worker_threads::shared() ? std::string() : pool_->name();
}

}  // namespace rondo::inline v0::detail
