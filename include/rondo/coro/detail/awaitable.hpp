// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/operation.hpp>

namespace rondo { inline namespace v0 {
template <class T>
class task;
}}  // namespace rondo::v0

/// What can stand behind co_await, and the awaiters for it.
namespace rondo { inline namespace v0 { namespace detail {

class promise_base;

template <class A>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

template <class A>
concept task_type = is_task<std::remove_cvref_t<A>>;

template <class A>
concept operation_type = std::is_base_of_v<operation, std::remove_cvref_t<A>>;

/// Handles, futures: `as_operation()` gives the operation that waits for it.
template <class A>
concept makes_operation = requires(A&& a) {
  { static_cast<A&&>(a).as_operation() } -> operation_type;
};

/// What is awaited as a call in the same node: `await_from(caller)` gives the
/// awaiter, `awaited_as_call` its result.
template <class A>
concept awaited_as_call = requires { typename std::remove_cvref_t<A>::awaited_as_call; };

/// Awaitables of other libraries: an awaiter, or something with operator co_await.
template <class A>
concept has_await_members = requires(A& a) {
  a.await_ready();
  a.await_resume();
};
template <class A>
concept foreign_awaitable =
    !task_type<A> && !operation_type<A> && !makes_operation<A> && !awaited_as_call<A> &&
    (has_await_members<std::remove_cvref_t<A>> || requires(A&& a) {
      static_cast<A&&>(a).operator co_await();
    } || requires(A&& a) { operator co_await(static_cast<A&&>(a)); });

template <class A>
concept awaitable = task_type<A> || operation_type<A> || makes_operation<A> || awaited_as_call<A> ||
                    foreign_awaitable<A>;

/// Says, while compiling, why A cannot be awaited and what may have been meant.
template <class A>
constexpr void require_awaitable() {
  using type = std::remove_cvref_t<A>;
  constexpr bool fine = awaitable<A>;
  constexpr bool function = !fine && std::is_invocable_v<A>;
  constexpr bool acquired = !fine && !function && requires(type& t) { t.acquire(); };
  constexpr bool waited = !fine && !function && !acquired && requires(type& t) { t.wait(); };
  constexpr bool next = !fine && !function && requires(type& t) { t.next(); };
  constexpr bool taken = !fine && !function && requires(type& t) {
    t.get();
    t.put(t.get_nowait());
  };
  constexpr bool received = !fine && !function && requires(type& t) { t.receive(); };
  constexpr bool range = !fine && !function && requires(type& t) { t.begin() != t.end(); };
  static_assert(!function,
                "rondo: this is a function, not what it returns: call it, f() in place of f");
  static_assert(!acquired, "rondo: this is not awaited itself: write x.acquire()");
  static_assert(!waited, "rondo: this is not awaited itself: write x.wait()");
  static_assert(!next, "rondo: this is not awaited itself: write x.next()");
  static_assert(!taken, "rondo: this is not awaited itself: write x.get() or x.put(item)");
  static_assert(!received, "rondo: this is not awaited itself: write x.receive()");
  static_assert(!range,
                "rondo: a range is awaited as a whole with rondo::gather(range), where its "
                "elements are tasks or operations");
  static_assert(
      fine || function || acquired || waited || next || taken || received || range,
      "rondo: this cannot be awaited: it is no task, operation, handle or future, and has "
      "no operator co_await");
}

/// In place of what a wrong call would give, so that there is one error for it.
struct [[nodiscard]] not_awaitable {
  bool await_ready() const noexcept;
  void await_suspend(std::coroutine_handle<>) const noexcept;
  void await_resume() const noexcept;
};

/// co_await of an operation that lives elsewhere in the awaiting frame.
template <class Op>
class operation_awaiter {
 public:
  operation_awaiter(Op& op, promise_base& awaiter) noexcept : op_(op), awaiter_(awaiter) {}
  operation_awaiter(const operation_awaiter&) = delete;
  operation_awaiter& operator=(const operation_awaiter&) = delete;
  ~operation_awaiter() { op_.check_idle(); }

  bool await_ready() noexcept { return op_.attach(awaiter_); }
  void await_suspend(std::coroutine_handle<>) noexcept { op_.suspend(awaiter_); }
  decltype(auto) await_resume() { return op_.result(); }

 private:
  Op& op_;
  promise_base& awaiter_;
};

/// co_await of an operation that it makes and keeps.
template <class Op>
class operation_awaiter_owning {
 public:
  template <class A>
  operation_awaiter_owning(A&& a, promise_base& awaiter)
      : op_(static_cast<A&&>(a)), awaiter_(awaiter) {}
  operation_awaiter_owning(const operation_awaiter_owning&) = delete;
  operation_awaiter_owning& operator=(const operation_awaiter_owning&) = delete;
  ~operation_awaiter_owning() { op_.check_idle(); }

  bool await_ready() noexcept { return op_.attach(awaiter_); }
  void await_suspend(std::coroutine_handle<>) noexcept { op_.suspend(awaiter_); }
  decltype(auto) await_resume() { return op_.result(); }

 private:
  Op op_;
  promise_base& awaiter_;
};

template <class A>
class made_operation_awaiter {
 public:
  made_operation_awaiter(A&& a, promise_base& awaiter)
      : op_(static_cast<A&&>(a).as_operation()), awaiter_(awaiter) {}
  made_operation_awaiter(const made_operation_awaiter&) = delete;
  made_operation_awaiter& operator=(const made_operation_awaiter&) = delete;
  ~made_operation_awaiter() { op_.check_idle(); }

  bool await_ready() noexcept { return op_.attach(awaiter_); }
  void await_suspend(std::coroutine_handle<>) noexcept { op_.suspend(awaiter_); }
  decltype(auto) await_resume() { return op_.result(); }

 private:
  decltype(std::declval<A>().as_operation()) op_;
  promise_base& awaiter_;
};

template <class T>
class task_awaiter;

}}}  // namespace rondo::v0::detail
