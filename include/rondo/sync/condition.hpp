// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/sync/lock.hpp>

namespace rondo { inline namespace v0 {

/// Waiting for a change of something that a lock protects: `asyncio.Condition`.
///
///     auto guard = co_await condition.acquire();
///     co_await condition.wait(guard, [&] { return ready; });
///
/// Belongs to the loop's thread; must outlive who waits for it.
class condition {
 public:
  /// With a lock of its own.
  condition() noexcept : lock_(own_) {}
  /// With a lock that others share. It must outlive the condition.
  explicit condition(lock& shared) noexcept : lock_(shared) {}
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;
  ~condition() {
    // Those who were notified and stand in the lock's line refer to it, too.
    for (const auto& w : lock_.waiters_.waiters())
      if (static_cast<const detail::lock_waiter&>(w).notified_by_ == this) [[unlikely]]
        waiters_.destroyed_with_waiters(w);
  }

  /// Waits for the lock and gives a guard, see lock::acquire. Throws nothing. Cancelling it
  /// takes effect at once; a lock already handed over is delivered.
  awaitable<lock::guard> auto acquire() noexcept { return lock_.acquire(); }
  bool locked() const noexcept { return lock_.locked(); }

  class [[nodiscard]] wait_operation final : public detail::lock_waiter {
   public:
    wait_operation(condition& c, lock::guard& g) noexcept : condition_(c), guard_(g) {}
    wait_operation(wait_operation&&) noexcept = default;
    bool begin() noexcept override {
      if (guard_.lock_ != &condition_.lock_) {
        misused_ = true;
        return true;
      }
      condition_.waiters_.check_thread();
      returns_to_ = &guard_;
      condition_.waiters_.push(*this);
      std::exchange(guard_.lock_, nullptr)->pass_on();
      return false;
    }
    bool cancel() noexcept override {
      if (stopped_) {
        // Asked again: the loop closes, and nobody is left to give the lock back.
        return queued_operation::cancel();
      }
      stopped_ = true;
      if (notified_by_) {  // in line for the lock: the notification goes to another one
        if (!condition_.waiters_.empty()) condition_.pass_to_lock();
        return false;
      }
      queued_operation::cancel();
      lock& l = condition_.lock_;
      if (l.held_) {
        l.waiters_.push(*this);
        return false;
      }
      l.take(*this);
      guard_.lock_ = &l;
      return true;
    }
    void result() const {
      if (misused_) throw usage_error("condition::wait: the guard does not hold its lock");
    }
    const char* describe() const noexcept override { return "condition"; }

   private:
    friend class condition;
    condition& condition_;
    lock::guard& guard_;
    bool misused_ = false;
  };

  /// Releases the lock, waits to be notified, and holds the lock again: in every
  /// case, as in asyncio. When it is cancelled or times out meanwhile, it first
  /// waits in line for the lock, and a notification that it had got goes to
  /// another one who waits; so whatever runs next, a handler or a destructor, is
  /// under the lock. (But when the loop closes and nobody can give the lock back,
  /// the guard holds nothing.) Throws usage_error when the guard does not hold
  /// the condition's lock.
  awaitable<void> auto wait(lock::guard& guard) noexcept { return wait_operation(*this, guard); }

  /// Waits until the predicate is true; it is asked while the lock is held. It is
  /// copied or moved in.
  template <class Predicate>
  RONDO_CORO_WRAPPER task<> wait(lock::guard& guard, Predicate&& predicate) {
    RONDO_CHECK_CLOSURE(Predicate);
    return wait_until<std::decay_t<Predicate>>(guard, std::forward<Predicate>(predicate));
  }

  /// Wakes up to n of those who wait. Throws usage_error unless the lock is held.
  void notify(std::size_t n = 1) {
    waiters_.check_thread();
    if (!lock_.locked()) throw usage_error("condition::notify: its lock is not held");
    for (; n > 0 && !waiters_.empty(); --n) pass_to_lock();
  }
  void notify_all() { notify(static_cast<std::size_t>(-1)); }

 private:
  template <class Predicate>
  task<> wait_until(lock::guard& guard, Predicate predicate) {
    while (!predicate()) co_await wait(guard);
  }
  // The first waiter queues for the lock, which is held, so it does not complete now.
  void pass_to_lock() noexcept {
    auto& w = waiters_.pop<wait_operation>();
    w.notified_by_ = this;
    lock_.waiters_.push(w);
  }

  lock own_;
  lock& lock_;
  detail::wait_queue waiters_{"a condition"};
};

}}  // namespace rondo::v0
