// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/to_thread.hpp>

#include <rondo/exec/thread_pool.hpp>

namespace rondo { inline namespace v0 { namespace detail {

bool thread_operation_base::begin() noexcept {
  end_.hold(*this, outside::by::thread, [](operation& op) noexcept {
    op.complete_or_stop(static_cast<thread_operation_base&>(op).told_to_stop_);
  });
  run = [](job& j) noexcept { static_cast<thread_operation_base&>(j).work(); };
  finish = [](job& j) noexcept { static_cast<thread_operation_base&>(j).end_.arrive(); };
  refuse = [](job& j) noexcept {
    auto& op = static_cast<thread_operation_base&>(j);
    op.fail(pool_destroyed(*op.pool_));
    op.finish(j);
  };
  try {
    pool_->submit(*this);
    return false;
  } catch (...) {
    end_.withdraw();
    fail(std::current_exception());
    return true;
  }
}

bool thread_operation_base::cancel() noexcept {
  if (pool_->withdraw(*this)) {
    end_.withdraw();
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
  abandonable_call& c = *call_;
  c.end_.hold(*this, outside::by::thread);
  c.run = [](job& j) noexcept { static_cast<abandonable_call&>(j).work(); };
  c.finish = [](job& j) noexcept {
    auto& call = static_cast<abandonable_call&>(j);
    if (call.end()) {
      call.end_.arrive();
    } else {
      delete &call;
    }
  };
  c.refuse = [](job& j) noexcept {
    auto& call = static_cast<abandonable_call&>(j);
    call.fail(pool_destroyed(worker_threads::shared()));
    call.finish(j);
  };
  try {
    worker_threads::shared().submit(c);
    return false;
  } catch (...) {
    c.end_.withdraw();
    c.fail(std::current_exception());
    return true;
  }
}

bool abandoning_operation_base::cancel() noexcept {
  outside_hold share = call_->end_.share();  // the call may be gone once it is left
  if (!worker_threads::shared().withdraw(*call_)) {
    if (!call_->abandon()) return false;  // its arrival is on the way: completion wins
    call_ = nullptr;
  }
  share.give_back();
  return true;
}

}}}  // namespace rondo::v0::detail
