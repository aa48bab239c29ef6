// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {

template <class F>
struct handler_result {};
template <class F>
  requires std::is_invocable_v<F&>
struct handler_result<F> : std::invoke_result<F&> {};
template <class F>
  requires std::is_invocable_v<F&, request&>
struct handler_result<F> : std::invoke_result<F&, request&> {};

template <class T>
struct awaited_answer {
  using type = T;
};
template <class T>
struct awaited_answer<task<T>> {
  using type = T;
};

template <class T>
using is_json = std::is_same<std::remove_cvref_t<T>, nlohmann::json>;
/// Of json only the name may be known, so it is looked for first.
template <class T>
inline constexpr bool is_answer = std::disjunction_v<is_json<T>, std::is_convertible<T, reply>>;

template <class F>
concept answering = requires {
  requires is_answer<typename awaited_answer<typename handler_result<std::decay_t<F>>::type>::type>;
};

}  // namespace detail

/// What answers requests: it is called with a request&, or with nothing, and gives a reply, a
/// text, a nlohmann::json, or a task of one of these.
template <class F>
concept request_handler = detail::answering<F>;

namespace detail {

using handler = rondo::detail::unique_function<task<reply>(request&)>;
using plain_function = rondo::detail::unique_function<reply(request&)>;

/// Makes a coroutine of a handler that is none.
struct plain_handler {
  plain_function function;
  task<reply> operator()(request& r);
};

template <class T>
reply to_reply(T&& value) {
  if constexpr (is_json<T>::value) {
    return reply::json(value);
  } else {
    return std::forward<T>(value);
  }
}

/// A handler in a form that the server does not call itself: without a parameter, or with
/// another answer than a reply.
template <class F>
struct adapted_handler {
  F function;

  RONDO_CORO_WRAPPER decltype(auto) call(request& r) {
    if constexpr (std::is_invocable_v<F&, request&>) {
      return function(r);
    } else {
      return function();
    }
  }
};
template <class F>
struct adapted_plain : adapted_handler<F> {
  reply operator()(request& r) { return to_reply(this->call(r)); }
};
template <class F>
struct adapted_coroutine : adapted_handler<F> {
  task<reply> operator()(request& r) {
    auto value = co_await this->call(r);
    co_return to_reply(std::move(value));
  }
};

/// A handler that lives elsewhere.
template <class F>
struct referred_handler {
  F* function;
  RONDO_CORO_WRAPPER auto operator()(request& r) const {
    if constexpr (std::is_invocable_v<F&, request&>) {
      return (*function)(r);
    } else {
      return (*function)();
    }
  }
};

/// One that cannot be copied and is given by its name is referred to.
template <class F>
handler make_handler(F&& f) {
  using function = std::decay_t<F>;
  static_assert(request_handler<F>,
                "rondo: a handler takes http::request& (or nothing) and returns a reply, a text, a "
                "nlohmann::json, or a task of one of these");
  if constexpr (!request_handler<F>) {
    return {};
  } else if constexpr (std::is_lvalue_reference_v<F> && !std::is_copy_constructible_v<function>) {
    return make_handler(referred_handler<std::remove_reference_t<F>>{&f});
  } else {
    using result = typename handler_result<function>::type;
    constexpr bool takes_request = std::is_invocable_v<function&, request&>;
    if constexpr (takes_request && std::is_same_v<result, task<reply>>) {
      return handler(std::forward<F>(f));
    } else if constexpr (!std::is_same_v<result, typename awaited_answer<result>::type>) {
      return handler(adapted_coroutine<function>{{std::forward<F>(f)}});
    } else if constexpr (takes_request && !is_json<result>::value) {
      return handler(plain_handler{plain_function(std::forward<F>(f))});
    } else {
      return handler(plain_handler{plain_function(adapted_plain<function>{{std::forward<F>(f)}})});
    }
  }
}

/// A handler that calls a member function of an object, which must outlive it.
template <class M, class C>
struct bound_handler {
  M member;
  C* object;
  RONDO_CORO_WRAPPER auto operator()(request& r) const {
    if constexpr (std::is_invocable_v<M, C*, request&>) {
      return (object->*member)(r);
    } else {
      return (object->*member)();
    }
  }
};

}  // namespace detail

}}}  // namespace rondo::v0::http
