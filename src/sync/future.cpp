// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/future.hpp>

#include <atomic>
#include <mutex>

#include <rondo/coro/diagnostic.hpp>

namespace rondo { inline namespace v0 { namespace detail {

void throw_empty_future() { throw usage_error("future: it belongs to no promise"); }
void throw_empty_promise() { throw usage_error("promise: it was moved away"); }

void report_unretrieved(const std::exception_ptr& error) noexcept {
  report_made([&] {
    return diagnostic{
        problem::exception_not_retrieved,
        "a promise was given an exception and nobody asked its futures for it: " + describe(error),
        error};
  });
}

struct future_core::state {
  std::atomic<unsigned> references{1};
  std::atomic<bool> settled{false};
  std::mutex mutex;
  future_waiter* first = nullptr;
};

future_core::future_core() : state_(new state) {}
future_core::~future_core() { delete state_; }

void future_core::retain() noexcept { state_->references.fetch_add(1, std::memory_order_relaxed); }
bool future_core::drop() noexcept {
  return state_->references.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

bool future_core::settled() const noexcept {
  return state_->settled.load(std::memory_order_acquire);
}

bool future_core::wait(future_waiter& w) noexcept {
  std::lock_guard lock(state_->mutex);
  if (state_->settled.load(std::memory_order_relaxed)) return true;
  w.link->hold();
  w.listed = true;
  w.previous_waiter = nullptr;
  w.next_waiter = state_->first;
  if (state_->first) state_->first->previous_waiter = &w;
  state_->first = &w;
  return false;
}

bool future_core::forget(future_waiter& w) noexcept {
  {
    std::lock_guard lock(state_->mutex);
    if (!w.listed) return false;
    w.listed = false;
    (w.previous_waiter ? w.previous_waiter->next_waiter : state_->first) = w.next_waiter;
    if (w.next_waiter) w.next_waiter->previous_waiter = w.previous_waiter;
  }
  w.link->release();
  return true;
}

bool future_core::settle(void (*store)(void*), void* argument) {
  future_waiter* waiters;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->settled.load(std::memory_order_relaxed)) return false;
    store(argument);
    state_->settled.store(true, std::memory_order_release);
    waiters = std::exchange(state_->first, nullptr);
    for (future_waiter* w = waiters; w; w = w->next_waiter) w->listed = false;
  }
  // First come, first woken: the list is in reverse.
  future_waiter* in_order = nullptr;
  while (waiters) {
    future_waiter* rest = waiters->next_waiter;
    waiters->next_waiter = in_order;
    in_order = waiters;
    waiters = rest;
  }
  while (in_order) {
    // Once posted, a waiter may be gone.
    future_waiter* rest = in_order->next_waiter;
    outside_link* link = in_order->link;
    if (in_order->sched == this_thread_scheduler) {
      in_order->fire(*in_order);
      link->release();
    } else {
      link->post_and_release(*in_order);
    }
    in_order = rest;
  }
  return true;
}

}}}  // namespace rondo::v0::detail
