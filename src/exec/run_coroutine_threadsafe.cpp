// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/run_coroutine_threadsafe.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "detail/duration_text.hpp"

namespace rondo { inline namespace v0 { namespace detail {

struct concurrent_core::state {
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  bool retrieved = false;
  unsigned futures = 0;
};

concurrent_core::concurrent_core() : state_(new state) {}
concurrent_core::~concurrent_core() { delete state_; }

void concurrent_core::wait() noexcept {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->done; });
}
void concurrent_core::wait(delay limit) {
  std::unique_lock lock(state_->mutex);
  time_point deadline = std::chrono::steady_clock::now() + limit;
  if (!state_->changed.wait_until(lock, deadline, [&] { return state_->done; }))
    throw timeout_error("concurrent_future::get: the task has not ended after " +
                        duration_text(limit.nanoseconds()));
}
bool concurrent_core::done() const noexcept {
  std::lock_guard lock(state_->mutex);
  return state_->done;
}
bool concurrent_core::finish() noexcept {
  std::lock_guard lock(state_->mutex);
  state_->done = true;
  state_->changed.notify_all();
  return state_->futures > 0;
}
void concurrent_core::add_future() noexcept {
  std::lock_guard lock(state_->mutex);
  ++state_->futures;
}
bool concurrent_core::remove_future() noexcept {
  std::lock_guard lock(state_->mutex);
  return --state_->futures == 0 && state_->done && !state_->retrieved;
}
void concurrent_core::set_retrieved() noexcept {
  std::lock_guard lock(state_->mutex);
  state_->retrieved = true;
}

}}}  // namespace rondo::v0::detail
