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

  bool owed = false;  // somebody will wake it for what is in the list, but not now

  /// With the lock held. True if nobody wakes it for what is in the list: then the caller must
  /// wake(); if he does it later, only those who do the same rely on him.
  bool append(entry& e, bool later = false) noexcept {
    bool must_wake = !head || (owed && !later);
    owed = later && (!head || owed);
    e.next = nullptr;
    *tail = &e;
    tail = &e.next;
    posted.store(true, std::memory_order_release);
    if (must_wake) wakers.fetch_add(1, std::memory_order_relaxed);
    return must_wake;
  }
  /// Without the lock, after an append. This may be gone when it returns.
  void wake(backend& loops) noexcept {
    loops.wake();
    wakers.fetch_sub(1, std::memory_order_release);
  }
};

namespace {
constinit thread_local owed_wake* owed_by_this_thread = nullptr;
}  // namespace

void owed_wake::make_current(owed_wake* w) noexcept { owed_by_this_thread = w; }

void owed_wake::pay() noexcept {
  if (auto* of = std::exchange(of_, nullptr)) of->wake(*sleeps_);
}

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
  bool must_wake;
  {
    std::lock_guard lock(state_->mutex);
    kernel = state_->kernel;
    if (!kernel) return false;
    must_wake = state_->append(e);
  }
  if (must_wake) state_->wake(*kernel);
  return true;
}

void loop_link::post_and_release(entry& e) noexcept {
  if (state_->of_parent()) return;
  owed_wake* owner = owed_by_this_thread;
  bool later = owner && (!owner->owed() || owner->of_ == state_);
  backend* kernel;
  bool must_wake = false;
  {
    std::lock_guard lock(state_->mutex);
    kernel = state_->kernel;
    if (kernel) {
      // Not the last reference, as the loop has its own until it closes; and it
      // need not look for a deadlock, as it has e to run.
      must_wake = state_->append(e, later);
      state_->references.fetch_sub(1, std::memory_order_acq_rel);
    }
  }
  if (!kernel) release();
  if (!must_wake) return;
  if (!later) return state_->wake(*kernel);
  if (owner->owed()) {  // the loop has come by in between: one wake is enough
    state_->wakers.fetch_sub(1, std::memory_order_release);
    return;
  }
  owner->of_ = state_;
  owner->sleeps_ = kernel;
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
    state_->owed = false;
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
