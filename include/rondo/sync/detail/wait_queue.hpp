// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/home_loop.hpp>
#include <rondo/coro/detail/promise.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class wait_queue;

/// An operation that waits in a queue of a primitive, first come first served.
/// Cancelling takes it out of the queue, at once.
class queued_operation : public operation {
 public:
  bool cancel() noexcept override;
  /// Who stands behind this one.
  const queued_operation* next_waiter() const noexcept { return next_waiter_; }

 protected:
  queued_operation() = default;
  queued_operation(queued_operation&&) = default;
  ~queued_operation() = default;

 private:
  friend class wait_queue;
  wait_queue* queue_ = nullptr;
  queued_operation* next_waiter_ = nullptr;
  queued_operation* previous_waiter_ = nullptr;
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
    if (first_) [[unlikely]]
      destroyed_with_waiters(*first_);
  }

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept;
  const queued_operation* first() const noexcept { return first_; }

  /// Everything that a user calls or awaits asks this first: one comparison.
  void check_thread() noexcept {
    if (!home_.here()) [[unlikely]]
      wrong_thread();
  }

  void push(queued_operation& op) noexcept {
    op.queue_ = this;
    op.next_waiter_ = nullptr;
    op.previous_waiter_ = last_;
    (last_ ? last_->next_waiter_ : first_) = &op;
    last_ = &op;
  }
  void remove(queued_operation& op) noexcept {
    (op.previous_waiter_ ? op.previous_waiter_->next_waiter_ : first_) = op.next_waiter_;
    (op.next_waiter_ ? op.next_waiter_->previous_waiter_ : last_) = op.previous_waiter_;
    op.queue_ = nullptr;
  }
  template <class Op = queued_operation>
  Op& front() noexcept {
    return static_cast<Op&>(*first_);
  }
  /// Takes the first out; the caller completes it or queues it elsewhere.
  template <class Op = queued_operation>
  Op& pop() noexcept {
    Op& op = front<Op>();
    remove(op);
    return op;
  }

  /// Ends the program: who is one that waits.
  [[noreturn]] void destroyed_with_waiters(const queued_operation& who) const noexcept;

 private:
  [[noreturn]] void wrong_thread() const noexcept;

  const char* owner_;
  home_loop home_;
  queued_operation* first_ = nullptr;
  queued_operation* last_ = nullptr;
};

inline bool queued_operation::cancel() noexcept {
  queue_->remove(*this);
  return true;
}

}}}  // namespace rondo::v0::detail
