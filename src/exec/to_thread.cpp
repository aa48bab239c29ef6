// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/to_thread.hpp>

#include <rondo/exec/thread_pool.hpp>

namespace rondo { inline namespace v0 { namespace detail {

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

// Whichever comes second, the end of the work or the leaving, finds the other.
bool abandonable_call::leave() noexcept {
  return __atomic_exchange_n(&phase_, abandoned, __ATOMIC_ACQ_REL) == shared;
}
bool abandonable_call::end() noexcept {
  return __atomic_exchange_n(&phase_, finished, __ATOMIC_ACQ_REL) == shared;
}

bool abandoning_operation_base::begin() noexcept {
  scheduler& s = waiter()->sched();
  abandonable_call& c = *call_;
  c.link_ = s.outside;
  c.link_->hold();
  c.run = [](job& j) noexcept { static_cast<abandonable_call&>(j).work(); };
  c.finish = [](job& j) noexcept {
    auto& call = static_cast<abandonable_call&>(j);
    outside_link* link = call.link_;
    if (call.end()) {
      link->post_and_release(call.arrival_);  // the loop's now, and may be gone
    } else {
      delete &call;
    }
  };
  c.refuse = [](job& j) noexcept {
    auto& call = static_cast<abandonable_call&>(j);
    call.fail(pool_destroyed(worker_threads::shared()));
    call.finish(j);
  };
  c.arrival_.op = this;
  c.arrival_.fire = [](entry& e) noexcept {
    abandoning_operation_base& op = *static_cast<abandonable_call::arrival&>(e).op;
    --op.waiter()->sched().threads_at_work;
    op.complete();
  };
  ++s.threads_at_work;
  try {
    worker_threads::shared().submit(c);
    return false;
  } catch (...) {
    --s.threads_at_work;
    c.link_->release();
    c.fail(std::current_exception());
    return true;
  }
}

bool abandoning_operation_base::cancel() noexcept {
  outside_link* link = call_->link_;
  if (!worker_threads::shared().withdraw(*call_)) {
    if (!call_->abandon()) return false;  // its arrival is on the way: completion wins
    call_ = nullptr;
  }
  --waiter()->sched().threads_at_work;
  link->release();
  return true;
}

}}}  // namespace rondo::v0::detail
