// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/loop_link.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include "coro/fork.hpp"
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

struct loop_link::state {
  std::atomic<unsigned> references{1};  // the loop's own is the first
  std::atomic<bool> posted{false};
  std::mutex mutex;
  backend* kernel;  // null once closed
  // In a child of fork the loop's thread is missing, or the loop is its parent's.
  const unsigned forks = fork_count();
  bool of_parent() const noexcept { return forks != fork_count(); }
  // Those who wake it, outside of the lock: a thread woken while its waker holds
  // the lock would sleep again at once. close() waits for them.
  std::atomic<unsigned> wakers{0};
  entry* head = nullptr;
  entry** tail = &head;

  /// With the lock held. True if this was the first: then it must wake().
  bool append(entry& e) noexcept {
    bool first = !head;
    e.next = nullptr;
    *tail = &e;
    tail = &e.next;
    posted.store(true, std::memory_order_release);
    if (first) wakers.fetch_add(1, std::memory_order_relaxed);
    return first;
  }
  /// Without the lock, after an append. This may be gone when it returns.
  void wake(backend& loops) noexcept {
    loops.wake();
    wakers.fetch_sub(1, std::memory_order_release);
  }
};

loop_link* loop_link::make(backend& kernel) { return new loop_link(kernel); }
loop_link::loop_link(backend& kernel) : state_(new state) { state_->kernel = &kernel; }
loop_link::~loop_link() { delete state_; }

void loop_link::hold() noexcept { state_->references.fetch_add(1, std::memory_order_relaxed); }

void loop_link::release() noexcept {
  if (state_->of_parent()) return;  // it may be locked for ever: leaked
  unsigned before = state_->references.load(std::memory_order_relaxed);
  while (before > 2)
    if (state_->references.compare_exchange_weak(before, before - 1, std::memory_order_acq_rel))
      return;
  {
    // When only the loop is left, it may have become deadlocked and must look.
    // The lock keeps the backend alive meanwhile (close() takes it too), and
    // this: the loop's own release, which would be the last, has to wait for it.
    std::lock_guard lock(state_->mutex);
    before = state_->references.fetch_sub(1, std::memory_order_acq_rel);
    if (before == 2 && state_->kernel) state_->kernel->wake();
  }
  if (before == 1) delete this;
}

bool loop_link::post(entry& e) noexcept {
  if (state_->of_parent()) return false;
  backend* kernel;
  bool first;
  {
    std::lock_guard lock(state_->mutex);
    kernel = state_->kernel;
    if (!kernel) return false;
    first = state_->append(e);
  }
  if (first) state_->wake(*kernel);
  return true;
}

void loop_link::post_and_release(entry& e) noexcept {
  if (state_->of_parent()) return;
  backend* kernel;
  bool first = false;
  {
    std::lock_guard lock(state_->mutex);
    kernel = state_->kernel;
    if (kernel) {
      // Not the last reference, as the loop has its own until it closes; and it
      // need not look for a deadlock, as it has e to run.
      first = state_->append(e);
      state_->references.fetch_sub(1, std::memory_order_acq_rel);
    }
  }
  if (!kernel) release();
  if (first) state_->wake(*kernel);
}

bool loop_link::has_posts() const noexcept {
  return state_->posted.load(std::memory_order_acquire);
}

void loop_link::drain(scheduler& s) noexcept {
  entry* e;
  {
    std::lock_guard lock(state_->mutex);
    e = std::exchange(state_->head, nullptr);
    state_->tail = &state_->head;
    state_->posted.store(false, std::memory_order_relaxed);
  }
  while (e) {
    entry* next = e->next;
    s.post(*e);
    e = next;
  }
}

unsigned loop_link::holders() const noexcept {
  return state_->references.load(std::memory_order_acquire) - 1;
}

void loop_link::close() noexcept {
  {
    std::lock_guard lock(state_->mutex);
    state_->kernel = nullptr;
  }
  while (state_->wakers.load(std::memory_order_acquire) > 0) std::this_thread::yield();
}

}}}  // namespace rondo::v0::detail
