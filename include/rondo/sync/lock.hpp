// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo::inline v0 {

class condition;

/// Mutual exclusion between tasks of one loop, first come first served:
/// `asyncio.Lock`.
///
///     auto guard = co_await lock.acquire();   // released with the guard
///
/// Belongs to the loop's thread.
class lock {
 public:
  lock() noexcept = default;

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
    explicit guard(lock* l) noexcept : lock_(l) {}
    lock* lock_ = nullptr;
  };

  class [[nodiscard]] acquire_operation final : public detail::queued_operation {
   public:
    explicit acquire_operation(lock& l) noexcept : lock_(l) {}
    acquire_operation(acquire_operation&&) noexcept = default;
    bool begin() noexcept override {
      if (!lock_.held_) {
        lock_.held_ = true;
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

  /// Waits for the lock and gives a guard. Cancelling it takes effect at once;
  /// a lock already handed over is delivered.
  acquire_operation acquire() noexcept { return acquire_operation(*this); }

 private:
  friend class condition;
  // The next in line owns the lock before it runs, so nobody can overtake.
  void pass_on() noexcept {
    if (waiters_.empty()) {
      held_ = false;
    } else {
      waiters_.pop().complete();
    }
  }

  detail::wait_queue waiters_{"lock"};
  bool held_ = false;
};

}  // namespace rondo::inline v0
