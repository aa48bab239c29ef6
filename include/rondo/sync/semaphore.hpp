// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/acquisition.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo { inline namespace v0 {

/// A number of permits, first come first served: `asyncio.Semaphore`.
///
///     auto permit = co_await semaphore.acquire();   // given back with the permit
///
/// Belongs to the loop's thread. Must outlive its permits and who waits for it; else
/// the program ends with a message that says where the last one was taken.
class semaphore {
 public:
  explicit semaphore(std::size_t permits = 1) noexcept : free_(permits) {}
  ~semaphore() {
    if (out_ > 0) [[unlikely]]
      taken_.semaphore_destroyed(out_);
  }

  /// True if acquire would wait.
  bool locked() const noexcept { return free_ == 0; }

  class [[nodiscard]] permit {
   public:
    permit() noexcept = default;
    permit(permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
    permit& operator=(permit&& other) noexcept {
      if (this != &other) {
        if (semaphore_) semaphore_->take_back();
        semaphore_ = std::exchange(other.semaphore_, nullptr);
      }
      return *this;
    }
    ~permit() {
      if (semaphore_) semaphore_->take_back();
    }
    bool holds() const noexcept { return semaphore_ != nullptr; }
    /// Gives it back now. Throws usage_error if it holds nothing.
    void release() {
      if (!semaphore_) throw usage_error("semaphore::permit::release: it holds nothing");
      std::exchange(semaphore_, nullptr)->take_back();
    }
    /// Keeps the permit taken; somebody calls semaphore::release() later.
    void detach() noexcept {
      if (semaphore_) --std::exchange(semaphore_, nullptr)->out_;
    }

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
      semaphore_.waiters_.check_thread();
      if (semaphore_.free_ > 0) {
        --semaphore_.free_;
        semaphore_.give(*this);
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

  /// Waits for a permit. Throws nothing. Cancelling it takes effect at once; a permit already
  /// handed over is delivered.
  awaitable<permit> auto acquire() noexcept { return acquire_operation(*this); }

  /// Adds one permit, or hands it to the next in line.
  void release() noexcept { pass_on(); }

 protected:
  std::size_t free_permits() const noexcept { return free_; }

 private:
  void pass_on() noexcept {
    waiters_.check_thread();
    if (waiters_.empty()) {
      ++free_;
    } else {
      auto& next = waiters_.pop();
      give(next);
      next.complete();
    }
  }
  /// From now on a permit is on its way to this operation, or it has it.
  void give(const detail::operation& to) noexcept {
    ++out_;
    taken_.note(to);
  }
  void take_back() noexcept {
    --out_;
    pass_on();
  }
  detail::wait_queue waiters_{"a semaphore"};
  detail::acquisition taken_;
  std::size_t free_;
  std::size_t out_ = 0;  // held by permits
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

}}  // namespace rondo::v0
