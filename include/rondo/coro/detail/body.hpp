// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/foreign.hpp>
#include <rondo/coro/outcome.hpp>
#include <rondo/coro/task.hpp>

/// What a node can run: a coroutine, or an operation directly.
namespace rondo { inline namespace v0 { namespace detail {

template <class A>
struct body_of {};
template <class T>
struct body_of<task<T>> {
  using type = task<T>;
  using result = T;
};
template <operation_type Op>
struct body_of<Op> {
  using type = Op;
  using result = decltype(std::declval<Op&>().result());
};
template <class A>
  requires(makes_operation<A>)
struct body_of<A> {
  using type = decltype(std::declval<A>().as_operation());
  using result = decltype(std::declval<type&>().result());
};
template <class A>
  requires(awaited_as_call<A>)
struct body_of<A> {
  using result = typename std::remove_cvref_t<A>::awaited_as_call;
  using type = task<result>;
};
template <class A>
  requires(foreign_awaitable<A>)
struct body_of<A> {
  // A coroutine around it: awaiters need not be movable, and this one owns it.
  using result = decltype(std::declval<foreign_operation<A>&>().result());
  using type = task<result>;
};

template <class A>
struct strip_own {
  using type = A;  // handles and foreign awaitables care about lvalue or rvalue
};
template <class A>
  requires(task_type<A> || operation_type<A>)
struct strip_own<A> {
  using type = std::remove_cvref_t<A>;
};

/// The type that runs an argument of type A (as in `gather(A&&)`).
template <class A>
using body_type = typename body_of<typename strip_own<A>::type>::type;
/// What awaiting it gives.
template <class A>
using awaited_t = typename body_of<typename strip_own<A>::type>::result;

/// A task or operation passed by its name would be consumed silently.
template <class A>
inline constexpr bool consumable =
    !((task_type<A> || operation_type<A>) && std::is_lvalue_reference_v<A>);
#define RONDO_CHECK_CONSUMABLE(A)                                                              \
  static_assert(::rondo::detail::consumable<A>,                                                \
                "rondo: a task or operation is consumed here: pass it with std::move(...) or " \
                "call the function in place")

/// Apart, so that the way of a value stays short.
template <class T>
[[gnu::noinline]] void end_cancelled(outcome<T>& out, const node& n) noexcept {
  out.set_cancelled_because(n.why_cancelled());
}

/// The body of a node that runs an operation.
template <class B>
class body {
 public:
  using value_type = decltype(std::declval<B&>().result());

  body(B&& op, node& n) noexcept(std::is_nothrow_move_constructible_v<B>) : op_(std::move(op)) {
    n.set_hosted(op_);
  }
  body(body&& other, node& n) noexcept(std::is_nothrow_move_constructible_v<B>)
      : body(std::move(other.op_), n) {}
  body(const body&) = delete;
  body& operator=(const body&) = delete;
  ~body() { op_.check_idle(); }

  /// Takes what the body ended with, and destroys its frame if it has one.
  void finish(node& n, bool stopped, outcome<value_type>& out) noexcept {
    if (stopped) {
      end_cancelled(out, n);
      return;
    }
    try {
      if constexpr (std::is_void_v<value_type>) {
        op_.result();
        out.set_value();
      } else {
        out.set_value(op_.result());
      }
    } catch (...) {
      out.set_error(std::current_exception());
    }
  }

 private:
  B op_;
};

/// The body of a node that runs a coroutine; its promise is the node's root.
template <class T>
class body<task<T>> {
 public:
  using value_type = T;

  body(task<T>&& t, node& n) noexcept : node_(n) {
    if (!t) empty_task();
    n.set_root(t.release().promise());
  }
  body(body&& other, node& n) noexcept : node_(n) {
    if (promise_base* p = other.node_.take_root()) n.set_root(*p);
  }
  body(const body&) = delete;
  body& operator=(const body&) = delete;
  ~body() {
    // Never started: the frame is still whole, and was never awaited.
    if (promise_base* p = node_.take_root()) {
      check_awaited(*p);
      p->handle().destroy();
    }
  }

  void finish(node& n, bool stopped, outcome<T>& out) noexcept {
    if (stopped) {
      end_cancelled(out, n);
      return;
    }
    try {
      static_cast<task_promise<T>*>(n.root())->move_to(out);
    } catch (...) {  // moving the value out
      out.set_error(std::current_exception());
    }
    n.destroy_root();
  }

 private:
  node& node_;
};

template <class A>
task<typename A::awaited_as_call> run_call(A call) {
  co_return co_await call;
}

template <class A>  // A: what it owns, or an lvalue reference
body_type<A> run_foreign(A what) {
  co_return co_await static_cast<A&&>(what);
}

/// Makes the body of an argument of `gather`, `wait_for`, …
template <class A>
RONDO_CORO_WRAPPER body_type<A> make_body(A&& a) {
  RONDO_CHECK_CONSUMABLE(A);
  if constexpr (makes_operation<A>) {
    return std::forward<A>(a).as_operation();
  } else if constexpr (awaited_as_call<A>) {
    return run_call<std::remove_cvref_t<A>>(a);
  } else if constexpr (foreign_awaitable<A>) {
    return run_foreign<A>(std::forward<A>(a));
  } else {
    return body_type<A>(std::forward<A>(a));
  }
}

/// A node that belongs to the composite operation of its parent.
template <class B>
class child_base : public node {
 public:
  using value_type = typename body<B>::value_type;

  outcome<value_type> result;

 protected:
  explicit child_base(B&& b) noexcept(std::is_nothrow_move_constructible_v<B>)
      : body_(std::move(b), *this) {}
  child_base(child_base&& other) noexcept(std::is_nothrow_move_constructible_v<B>)
      : body_(std::move(other.body_), *this) {}
  ~child_base() = default;

 private:
  void settle(bool stopped) noexcept override {
    node* above = parent();
    body_.finish(*this, stopped, result);
    leave_tree();
    static_cast<composite*>(above->waiting_on())->child_done(*this);
  }
  body<B> body_;
};

/// That is a part of the operation; it moves only before it has started.
template <class B>
struct child final : child_base<B> {
  explicit child(B&& b) noexcept(std::is_nothrow_move_constructible_v<B>)
      : child_base<B>(std::move(b)) {}
};

}}}  // namespace rondo::v0::detail
