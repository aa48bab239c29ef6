// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/home_loop.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// An operation that waits in a queue of a primitive, first come first served.
/// Cancelling takes it out of the queue, at once.
class queued_operation : public operation, public list_link<queued_operation> {
 public:
  bool cancel() noexcept override {
    unlink();
    return true;
  }

 protected:
  queued_operation() = default;
  queued_operation(queued_operation&&) = default;
  ~queued_operation() = default;
};

/// Who waits for a primitive, and the loop that it belongs to. Using it on another
/// thread ends the program with a message, because no caller could be told in a
/// sound state.
class wait_queue {
 public:
  /// owner: with its article, for messages: "a lock".
  explicit wait_queue(const char* owner) noexcept : owner_(owner) {}
  wait_queue(const wait_queue&) = delete;
  wait_queue& operator=(const wait_queue&) = delete;
  ~wait_queue() {
    if (!empty()) [[unlikely]]
      destroyed_with_waiters(*waiters_.front());
  }

  bool empty() const noexcept { return waiters_.empty(); }
  std::size_t size() const noexcept;
  const list<queued_operation>& waiters() const noexcept { return waiters_; }

  /// Everything that a user calls or awaits asks this first: one comparison.
  void check_thread() noexcept {
    if (!home_.here()) [[unlikely]]
      wrong_thread();
  }

  void push(queued_operation& op) noexcept { waiters_.push_back(op); }
  template <class Op = queued_operation>
  Op& front() noexcept {
    return static_cast<Op&>(*waiters_.front());
  }
  /// Takes the first out; the caller completes it or queues it elsewhere.
  template <class Op = queued_operation>
  Op& pop() noexcept {
    Op& op = front<Op>();
    op.unlink();
    return op;
  }

  /// Ends the program: who is one that waits.
  [[noreturn]] void destroyed_with_waiters(const queued_operation& who) const noexcept;

 private:
  [[noreturn]] void wrong_thread() const noexcept;

  const char* owner_;
  home_loop home_;
  list<queued_operation> waiters_;
};

}}}  // namespace rondo::v0::detail
