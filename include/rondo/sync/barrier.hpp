// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo { inline namespace v0 {

/// Thrown by barrier::wait when the barrier is reset or aborted.
class broken_barrier_error : public error {
 public:
  using error::error;
};

/// A point where a fixed number of tasks wait for each other, again and again:
/// `asyncio.Barrier`. Belongs to the loop's thread.
class barrier {
 public:
  /// Throws usage_error for no parties.
  explicit barrier(std::size_t parties) : parties_(parties) {
    if (parties == 0) throw usage_error("barrier: it needs at least one party");
  }

  std::size_t parties() const noexcept { return parties_; }
  std::size_t n_waiting() const noexcept { return waiters_.size(); }
  bool broken() const noexcept { return broken_; }

  class [[nodiscard]] wait_operation final : public detail::queued_operation {
   public:
    explicit wait_operation(barrier& b) noexcept : barrier_(b) {}
    wait_operation(wait_operation&&) noexcept = default;
    bool begin() noexcept override {
      barrier_.waiters_.check_thread();
      if (barrier_.broken_) {
        broken_ = true;
        return true;
      }
      if (barrier_.waiters_.size() + 1 < barrier_.parties_) {
        barrier_.waiters_.push(*this);
        return false;
      }
      // Only now: those who were cancelled meanwhile have no number.
      std::size_t next = barrier_.parties_;
      while (!barrier_.waiters_.empty()) {
        auto& w = barrier_.waiters_.pop<wait_operation>();
        w.index_ = --next;
        w.complete();
      }
      return true;
    }
    /// A number from 0 to parties - 1, different for each; 0 came last.
    std::size_t result() const {
      if (broken_) throw broken_barrier_error("barrier: it was reset or aborted");
      return index_;
    }
    const char* describe() const noexcept override { return "barrier"; }

   private:
    friend class barrier;
    barrier& barrier_;
    std::size_t index_ = 0;
    bool broken_ = false;
  };

  /// Waits until all parties have come; gives a number from 0 to parties - 1, different for
  /// each. Throws broken_barrier_error. Cancelling it takes effect at once and leaves the
  /// barrier as if it had not come.
  awaitable<std::size_t> auto wait() noexcept { return wait_operation(*this); }

  /// Throws broken_barrier_error in all who wait; the barrier works on.
  void reset() noexcept {
    waiters_.check_thread();
    broken_ = false;
    break_waiters();
  }
  /// The same, for all who come later too, until reset().
  void abort() noexcept {
    waiters_.check_thread();
    broken_ = true;
    break_waiters();
  }

 private:
  void break_waiters() noexcept {
    while (!waiters_.empty()) {
      auto& w = waiters_.pop<wait_operation>();
      w.broken_ = true;
      w.complete();
    }
  }
  detail::wait_queue waiters_{"a barrier"};
  std::size_t parties_;
  bool broken_ = false;
};

}}  // namespace rondo::v0
