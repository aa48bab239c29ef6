// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/future.hpp>

#include <atomic>
#include <mutex>

#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void throw_empty_future() { throw usage_error("future: it belongs to no promise"); }
void throw_empty_promise() { throw usage_error("promise: it was moved away"); }

void report_unretrieved(const std::exception_ptr& error) noexcept {
  report_lost(error, "a promise was given an exception and nobody asked its futures for it");
}

struct future_core::state {
  std::atomic<bool> settled{false};
  std::mutex mutex;
  list<outside_waiter> waiters;  // first come, first woken
};

future_core::future_core() : state_(new state) {}
future_core::~future_core() { delete state_; }

bool future_core::settled() const noexcept {
  return state_->settled.load(std::memory_order_acquire);
}

bool future_core::wait(outside_waiter& w, operation& op) noexcept {
  std::lock_guard lock(state_->mutex);
  if (state_->settled.load(std::memory_order_relaxed)) return true;
  w.hold(op, outside::by::wish);
  state_->waiters.push_back(w);
  return false;
}

bool future_core::forget(outside_waiter& w) noexcept {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->settled.load(std::memory_order_relaxed)) return false;
    w.unlink();
  }
  w.withdraw();
  return true;
}

bool future_core::settle(void (*store)(void*), void* argument) {
  list<outside_waiter> all;  // ours alone: who is cancelled now waits for us
  {
    std::lock_guard lock(state_->mutex);
    if (state_->settled.load(std::memory_order_relaxed)) return false;
    store(argument);
    state_->settled.store(true, std::memory_order_release);
    all.append(state_->waiters);
  }
  while (outside_waiter* w = all.pop_front()) w->arrive_or_fire();
  return true;
}

}}}  // namespace rondo::v0::detail
