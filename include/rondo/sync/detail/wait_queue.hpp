// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/promise.hpp>

namespace rondo::inline v0::detail {

class wait_queue;

/// An operation that waits in a queue of a primitive, first come first served.
/// Cancelling takes it out of the queue, at once.
class queued_operation : public operation {
 public:
  bool cancel() noexcept override;

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

/// Who waits for a primitive. Belongs to one loop's thread; waking somebody from
/// another thread ends the program with a message, because no caller could be
/// told in a sound state.
class wait_queue {
 public:
  explicit wait_queue(const char* owner) noexcept : owner_(owner) {}
  wait_queue(const wait_queue&) = delete;
  wait_queue& operator=(const wait_queue&) = delete;
  ~wait_queue() {
    if (first_) [[unlikely]] destroyed_with_waiters();
  }

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept;

  void push(queued_operation& op) noexcept {
    if (first_) static_cast<void>(front());  // one loop's: whoever waits already is there
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
    if (&first_->waiter()->sched() != this_thread_scheduler) [[unlikely]] wrong_thread();
    return static_cast<Op&>(*first_);
  }
  /// Takes the first out; the caller completes it or queues it elsewhere.
  template <class Op = queued_operation>
  Op& pop() noexcept {
    Op& op = front<Op>();
    remove(op);
    return op;
  }

 private:
  [[noreturn]] void destroyed_with_waiters() const noexcept;
  [[noreturn]] void wrong_thread() const noexcept;
  const char* owner_;
  queued_operation* first_ = nullptr;
  queued_operation* last_ = nullptr;
};

inline bool queued_operation::cancel() noexcept {
  queue_->remove(*this);
  return true;
}

}  // namespace rondo::inline v0::detail
