// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/awaitable.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo { inline namespace v0 {

/// A flag that tasks can wait for: `asyncio.Event`. Belongs to the loop's thread;
/// must outlive its waiters.
class event {
 public:
  event() noexcept = default;

  bool is_set() const noexcept { return set_; }
  /// Wakes all who wait; later waits return at once.
  void set() noexcept {
    waiters_.check_thread();
    set_ = true;
    while (!waiters_.empty()) waiters_.pop().complete();
  }
  void clear() noexcept {
    waiters_.check_thread();
    set_ = false;
  }

  class [[nodiscard]] wait_operation final : public detail::queued_operation {
   public:
    explicit wait_operation(event& e) noexcept : event_(e) {}
    wait_operation(wait_operation&&) noexcept = default;
    bool begin() noexcept override {
      event_.waiters_.check_thread();
      if (event_.set_) return true;
      event_.waiters_.push(*this);
      return false;
    }
    void result() const noexcept {}
    const char* describe() const noexcept override { return "event"; }

   private:
    event& event_;
  };

  /// Returns once the event is set. Who waited when set() was called returns,
  /// even if clear() follows at once. Throws nothing. Cancelling it takes effect at once.
  awaitable<void> auto wait() noexcept { return wait_operation(*this); }

 private:
  detail::wait_queue waiters_{"an event"};
  bool set_ = false;
};

}}  // namespace rondo::v0
