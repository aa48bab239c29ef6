// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>

#include <rondo/coro/detail/awaitable.hpp>
#include <rondo/coro/detail/backtrace.hpp>
#include <rondo/coro/detail/foreign.hpp>
#include <rondo/coro/detail/frame_pool.hpp>
#include <rondo/coro/detail/operation.hpp>
#include <rondo/coro/outcome.hpp>

namespace rondo { inline namespace v0 {
template <class T>
class task;
}}  // namespace rondo::v0

namespace rondo { inline namespace v0 { namespace detail {

/// What every coroutine of ours has: its node, its caller, and where it is.
class promise_base {
 public:
  promise_base(const promise_base&) = delete;
  promise_base& operator=(const promise_base&) = delete;

  node& running_on() const noexcept { return *node_; }
  promise_base* caller() const noexcept { return caller_; }
  std::coroutine_handle<> handle() const noexcept { return self_; }
  const std::source_location& created() const noexcept { return created_; }
  /// The place of the co_await that it is suspended at, or was last.
  code_place awaiting() const noexcept {
    return {created_.file_name(), has_awaited() ? awaiting_line_ : created_.line()};
  }
  bool has_awaited() const noexcept {
    return (awaiting_line_ & ~static_cast<unsigned>(place_kind::closing_brace)) != 0;
  }
  /// Until it has awaited: what created() is the place of.
  place_kind created_kind() const noexcept { return static_cast<place_kind>(awaiting_line_); }

  /// Makes this the outermost coroutine of n.
  void attach_root(node& n) noexcept {
    node_ = &n;
    n.set_root(*this);
  }
  /// Makes this a call made by caller.
  void attach_call(promise_base& caller) noexcept {
    caller_ = &caller;
    node_ = caller.node_;
  }

  /// Its frame is about to be destroyed before its end. An exception that a
  /// destructor throws then would be caught by the coroutine itself, which would
  /// go on to its final suspension in the midst of its destruction.
  void begin_destruction() noexcept { self_ = nullptr; }

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* p, std::size_t size) noexcept { free_frame(p, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }

  struct final_awaiter {
    final_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) const noexcept {
      promise_base& p = h.promise();
      scheduler& s = p.node_->sched();
      if (p.caller_) return s.transfer(p.caller_->self_);
      s.finished = p.node_;
      return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  // Each await_transform notes the line of its co_await, which is in the file of
  // the coroutine. No source_location: g++ keeps one for each in the frame.

  /// co_await of a task: a call, made in this node.
  template <class T>
  task_awaiter<T> await_transform(task<T>&& t, unsigned line = __builtin_LINE()) noexcept {
    awaiting_line_ = line;
    return task_awaiter<T>(t.release(), *this);
  }
  template <class T>
  task_awaiter<T> await_transform(task<T>& t) noexcept {
    static_assert(sizeof(T*) == 0,
                  "rondo: a task is awaited once: write co_await std::move(t), or make it a "
                  "task_handle with create_task(std::move(t)) to await it many times");
    return task_awaiter<T>(t.release(), *this);
  }

  /// co_await of an operation, which stays where it is.
  template <operation_type Op>
  operation_awaiter<std::remove_cvref_t<Op>> await_transform(
      Op&& op, unsigned line = __builtin_LINE()) noexcept {
    awaiting_line_ = line;
    return operation_awaiter<std::remove_cvref_t<Op>>(op, *this);
  }

  /// co_await of something that makes an operation: a handle, a future.
  template <makes_operation A>
  made_operation_awaiter<A> await_transform(A&& a, unsigned line = __builtin_LINE()) {
    awaiting_line_ = line;
    return made_operation_awaiter<A>(static_cast<A&&>(a), *this);
  }

  /// co_await of something else that is a call: a generator's next().
  template <awaited_as_call A>
  auto await_transform(A&& a, unsigned line = __builtin_LINE()) noexcept {
    awaiting_line_ = line;
    return a.await_from(*this);
  }

  /// co_await of an awaitable that is not ours.
  template <foreign_awaitable A>
  operation_awaiter_owning<foreign_operation<A>> await_transform(A&& a,
                                                                 unsigned line = __builtin_LINE()) {
    awaiting_line_ = line;
    return operation_awaiter_owning<foreign_operation<A>>(static_cast<A&&>(a), *this);
  }

  template <class A>
    requires(!awaitable<A>)
  not_awaitable await_transform(A&&) noexcept {
    require_awaitable<A>();
    return {};
  }

 protected:
  promise_base(std::coroutine_handle<> self, const std::source_location& where,
               place_kind kind) noexcept
      : self_(self), created_(where), awaiting_line_(static_cast<unsigned>(kind)) {}
  ~promise_base() = default;
  /// The exception that leaves this coroutine. A throw from a destructor while
  /// unwinding ends the program.
  std::exception_ptr departing() const noexcept {
    if (!self_) [[unlikely]]
      std::terminate();
    std::exception_ptr error = std::current_exception();
    if (node_->sched().debug) remember_departure(*this, error);
    return error;
  }

 private:
  node* node_ = nullptr;
  promise_base* caller_ = nullptr;  // null: the outermost of its node
  std::coroutine_handle<> self_;    // null: being destroyed before its end
  std::source_location created_;
  unsigned awaiting_line_;  // before the first co_await a place_kind
};

// Inlined where the operation's type is known, so that begin() is too: left to
// itself, g++ decides by the size of the whole file.
[[gnu::always_inline]] inline bool operation::attach(promise_base& awaiter) noexcept {
  node& n = awaiter.running_on();
  if (state_ != state::idle) [[unlikely]]
    awaited_again(&n, &awaiter);
  node_ = &n;
  if (n.cancel_requested() || !n.sched().take_budget()) [[unlikely]]
    return false;
  awaiter_ = &awaiter;
  n.waiting_on_ = this;
  state_ = state::waiting;
  if (!begin()) return false;
  state_ = state::done;
  n.waiting_on_ = nullptr;
  return true;
}

inline void operation::suspend(promise_base& awaiter) noexcept {
  node& n = *node_;
  n.leaf_ = &awaiter;
  if (state_ == state::idle) [[unlikely]] {  // cancelled, or out of budget: not begun
    awaiter_ = &awaiter;
    n.waiting_on_ = this;
    state_ = state::deferred;
    fire = &deferred;
    n.sched().post(*this);
  }
}

inline void operation::complete() noexcept {
  state_ = state::ready;
  node_->sched().post(*this);
}

}}}  // namespace rondo::v0::detail
