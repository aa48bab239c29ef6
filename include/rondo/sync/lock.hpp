// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/acquisition.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo { inline namespace v0 {

class condition;
class lock;

namespace detail {
class lock_waiter;
}

/// Mutual exclusion between tasks of one loop, first come first served:
/// `asyncio.Lock`.
///
///     auto guard = co_await lock.acquire();   // released with the guard
///
/// Belongs to the loop's thread. Must outlive its guards and who waits for it; else
/// the program ends with a message that says where it was taken.
class lock {
 public:
  lock() noexcept = default;
  ~lock() {
    if (held_) [[unlikely]]
      taken_.lock_destroyed();
  }

  bool locked() const noexcept { return held_; }

  /// Holds the lock until it is destroyed or released.
  class [[nodiscard]] guard {
   public:
    guard() noexcept = default;
    guard(guard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
    guard& operator=(guard&& other) noexcept {
      if (this != &other) {
        if (lock_) lock_->pass_on();
        lock_ = std::exchange(other.lock_, nullptr);
      }
      return *this;
    }
    ~guard() {
      if (lock_) lock_->pass_on();
    }
    bool holds() const noexcept { return lock_ != nullptr; }
    /// Throws usage_error if it holds nothing.
    void release() {
      if (!lock_) throw usage_error("lock::guard::release: it does not hold the lock");
      std::exchange(lock_, nullptr)->pass_on();
    }

   private:
    friend class lock;
    friend class condition;
    friend class detail::lock_waiter;
    explicit guard(lock* l) noexcept : lock_(l) {}
    lock* lock_ = nullptr;
  };

  class acquire_operation;

  /// Waits for the lock and gives a guard. Throws nothing. Cancelling it takes effect at once;
  /// a lock already handed over is delivered.
  inline awaitable<guard> auto acquire() noexcept;

 private:
  friend class condition;
  friend class detail::lock_waiter;
  inline void pass_on() noexcept;
  void take(const detail::operation& by) noexcept {
    held_ = true;
    taken_.note(by);
  }

  detail::wait_queue waiters_{"a lock"};
  detail::acquisition taken_;
  bool held_ = false;
};

namespace detail {

/// What stands in a lock's queue: one who acquires it, or one who gave it away
/// to wait for a condition and takes it again.
class [[nodiscard]] lock_waiter : public queued_operation {
 public:
  /// The lock is this one's from now on.
  void take(lock& l) noexcept {
    l.take(*this);
    if (returns_to_) returns_to_->lock_ = &l;
    if (stopped_) {
      complete_stopped();
    } else {
      complete();
    }
  }

 protected:
  friend class rondo::condition;
  lock_waiter() = default;
  lock_waiter(lock_waiter&&) = default;
  ~lock_waiter() = default;
  lock::guard* returns_to_ = nullptr;  // null: result() makes a guard
  const condition* notified_by_ = nullptr;
  bool stopped_ = false;  // cancelled: it is unwound once it holds the lock
};

}  // namespace detail

class [[nodiscard]] lock::acquire_operation final : public detail::lock_waiter {
 public:
  explicit acquire_operation(lock& l) noexcept : lock_(l) {}
  acquire_operation(acquire_operation&&) noexcept = default;
  bool begin() noexcept override {
    lock_.waiters_.check_thread();
    if (!lock_.held_) {
      lock_.take(*this);
      return true;
    }
    lock_.waiters_.push(*this);
    return false;
  }
  guard result() noexcept { return guard(&lock_); }
  const char* describe() const noexcept override { return "lock"; }

 private:
  lock& lock_;
};

inline awaitable<lock::guard> auto lock::acquire() noexcept { return acquire_operation(*this); }

// The next in line owns the lock before it runs, so nobody can overtake.
inline void lock::pass_on() noexcept {
  waiters_.check_thread();
  if (waiters_.empty()) {
    held_ = false;
  } else {
    waiters_.pop<detail::lock_waiter>().take(*this);
  }
}

}}  // namespace rondo::v0
