// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo::inline v0 {

/// A number of permits, first come first served: `asyncio.Semaphore`.
///
///     auto permit = co_await semaphore.acquire();   // given back with the permit
///
/// Belongs to the loop's thread.
class semaphore {
 public:
  explicit semaphore(std::size_t permits = 1) noexcept : free_(permits) {}

  /// True if acquire would wait.
  bool locked() const noexcept { return free_ == 0; }

  class [[nodiscard]] permit {
   public:
    permit() noexcept = default;
    permit(permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
      if (this != &other) {
        if (semaphore_) semaphore_->pass_on();
        semaphore_ = std::exchange(other.semaphore_, nullptr);
      }
      return *this;
    }
    ~permit() {
      if (semaphore_) semaphore_->pass_on();
    }
    bool holds() const noexcept { return semaphore_ != nullptr; }
    /// Gives it back now. Throws usage_error if it holds nothing.
    void release() {
      if (!semaphore_) throw usage_error("semaphore::permit::release: it holds nothing");
      std::exchange(semaphore_, nullptr)->pass_on();
    }
    /// Keeps the permit taken; somebody calls semaphore::release() later.
    void detach() noexcept { semaphore_ = nullptr; }

   private:
    friend class semaphore;
    explicit permit(semaphore* s) noexcept : semaphore_(s) {}
    semaphore* semaphore_ = nullptr;
  };

  class [[nodiscard]] acquire_operation final : public detail::queued_operation {
   public:
    explicit acquire_operation(semaphore& s) noexcept : semaphore_(s) {}
    acquire_operation(acquire_operation&&) noexcept = default;
    bool begin() noexcept override {
      if (semaphore_.free_ > 0) {
        --semaphore_.free_;
        return true;
      }
      semaphore_.waiters_.push(*this);
      return false;
    }
    permit result() noexcept { return permit(&semaphore_); }
    const char* describe() const noexcept override { return "semaphore"; }

   private:
    semaphore& semaphore_;
  };

  /// Waits for a permit. Cancelling it takes effect at once; a permit already
  /// handed over is delivered.
  acquire_operation acquire() noexcept { return acquire_operation(*this); }

  /// Adds one permit, or hands it to the next in line.
  void release() noexcept { pass_on(); }

 protected:
  std::size_t free_permits() const noexcept { return free_; }

 private:
  void pass_on() noexcept {
    if (waiters_.empty()) {
      ++free_;
    } else {
      waiters_.pop().complete();
    }
  }
  detail::wait_queue waiters_{"semaphore"};
  std::size_t free_;
};

/// A semaphore that refuses to have more permits than it began with:
/// `asyncio.BoundedSemaphore`.
class bounded_semaphore : public semaphore {
 public:
  explicit bounded_semaphore(std::size_t permits = 1) noexcept
      : semaphore(permits), limit_(permits) {}

  /// Throws usage_error when nothing has been acquired.
  void release() {
    if (free_permits() >= limit_)
      throw usage_error("bounded_semaphore::release: released more often than acquired");
    semaphore::release();
  }

 private:
  std::size_t limit_;
};

}  // namespace rondo::inline v0
