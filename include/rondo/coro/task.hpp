// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/outcome.hpp>
#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

/// Says that a task is destroyed without having been awaited, unless it dies
/// with what would have awaited it (unwinding, an exception).
void check_awaited(const promise_base& p) noexcept;

/// Where a coroutine leaves its result.
template <class T>
class result_promise : public promise_base {
 public:
  void unhandled_exception() noexcept { result_.set_error(this->departing()); }
  /// What the coroutine has ended with: the value, or throws its exception.
  T take_value() { return std::move(result_).get(); }
  void move_to(outcome<T>& out) { out = std::move(result_); }

  template <class U = T>
    requires(std::is_reference_v<T> ? std::is_convertible_v<std::add_pointer_t<U>, stored_t<T>> &&
                                          std::is_lvalue_reference_v<U>
                                    : std::is_constructible_v<stored_t<T>, U &&>)
  void return_value(U&& value) {
    result_.set_value(std::forward<U>(value));
  }

 protected:
  using promise_base::promise_base;

 private:
  outcome<T> result_;
};

/// An outcome<void> would be twice as large: this one is asked only at the end.
template <>
class result_promise<void> : public promise_base {
 public:
  void unhandled_exception() noexcept { error_ = this->departing(); }
  void return_void() noexcept {}
  void take_value() {
    if (error_) std::rethrow_exception(std::move(error_));
  }
  void move_to(outcome<void>& out) noexcept {
    if (error_) [[unlikely]] {
      out.set_error(std::move(error_));
    } else {
      out.set_value();
    }
  }

 protected:
  using promise_base::promise_base;

 private:
  std::exception_ptr error_;
};

template <class T>
class task_promise final : public result_promise<T> {
 public:
  explicit task_promise(std::source_location where = std::source_location::current(),
                        place_kind kind = place_of_promise) noexcept
      : result_promise<T>(std::coroutine_handle<task_promise>::from_promise(*this), where, kind) {}

  task<T> get_return_object() noexcept;
};

}  // namespace detail

/// A coroutine that has not begun: what `async def` makes in Python.
///
/// Calling a function that returns `task<T>` runs none of its body. `co_await f()`
/// does, as a call: in the same node of the task tree, without a turn of the
/// loop. To run it beside others give it to `gather`, `create_task`, a task
/// group; to run it from `main` give it to `run`.
///
/// Whoever awaits a task owns its frame, so what f refers to must live until
/// that expression ends; its value or exception is handed to the awaiter. A task
/// that is destroyed without having been awaited is reported (see `diagnostic`).
///
/// Move-only. Not thread safe: make and destroy it on any thread, but on one at
/// a time.
template <class T = void>
class RONDO_CORO_RETURN_TYPE RONDO_AWAIT_ELIDABLE [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;
  using handle_type = std::coroutine_handle<promise_type>;

  task() noexcept = default;
  task(task&& other) noexcept : handle_(other.release()) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = other.release();
    }
    return *this;
  }
  ~task() { destroy(); }

  /// False for a default-constructed, moved-from or awaited task.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// Null when it is empty.
  const detail::promise_base* internal() const noexcept {
    return handle_ ? &handle_.promise() : nullptr;
  }
  /// For schedulers: gives the coroutine away.
  handle_type release() noexcept { return std::exchange(handle_, {}); }

  /// Makes awaiting a task in another library's coroutine a readable error.
  template <class Never = T>
  void operator co_await() const {
    static_assert(sizeof(Never*) == 0,
                  "rondo: a rondo::task can be awaited only inside a coroutine that returns "
                  "rondo::task or rondo::async_generator; from elsewhere start it with "
                  "rondo::run or rondo::run_coroutine_threadsafe");
  }

 private:
  template <class U>
  friend class detail::task_promise;
  explicit task(handle_type h) noexcept : handle_(h) {}

  void destroy() noexcept {
    if (handle_) {
      detail::check_awaited(handle_.promise());
      handle_.destroy();
    }
  }

  handle_type handle_;
};

namespace detail {

[[noreturn]] void empty_task() noexcept;
[[noreturn]] void empty_task_awaited(const promise_base& caller) noexcept;

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}

/// Runs a task as a call and owns its frame, so that the callee is gone before
/// anything that its caller holds.
template <class T>
class task_awaiter {
 public:
  using handle_type = std::coroutine_handle<task_promise<T>>;

  task_awaiter(handle_type h, promise_base& caller) noexcept : handle_(h), caller_(caller) {}
  task_awaiter(const task_awaiter&) = delete;
  task_awaiter& operator=(const task_awaiter&) = delete;
  ~task_awaiter() {
    if (handle_ && !caller_.running_on().has_unwound(handle_.address())) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept {
    if (!handle_) [[unlikely]]
      empty_task_awaited(caller_);
    handle_.promise().attach_call(caller_);
    return caller_.running_on().sched().transfer(handle_);
  }
  T await_resume() { return handle_.promise().take_value(); }

 private:
  handle_type handle_;
  promise_base& caller_;
};

}  // namespace detail
}}  // namespace rondo::v0
