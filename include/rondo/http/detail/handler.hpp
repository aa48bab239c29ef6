// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/http/reply.hpp>
#include <rondo/http/request.hpp>

namespace rondo::inline v0::http {

template <class F>
concept request_handler =
    std::is_invocable_r_v<task<reply>, std::decay_t<F>&, request&> ||
    std::is_invocable_r_v<reply, std::decay_t<F>&, request&>;

namespace detail {

using handler = rondo::detail::unique_function<task<reply>(request&)>;

/// Makes a coroutine of a handler that is none.
struct plain_handler {
  rondo::detail::unique_function<reply(request&)> function;
  task<reply> operator()(request& r);
};

/// A handler that lives elsewhere.
template <class F>
struct referred_handler {
  F* function;
  RONDO_CORO_WRAPPER auto operator()(request& r) const { return (*function)(r); }
};

/// One that cannot be copied and is given by its name is referred to.
template <request_handler F>
handler make_handler(F&& f) {
  if constexpr (std::is_lvalue_reference_v<F> && !std::is_copy_constructible_v<std::decay_t<F>>) {
    return make_handler(referred_handler<std::remove_reference_t<F>>{&f});
  } else if constexpr (std::is_invocable_r_v<task<reply>, std::decay_t<F>&, request&>) {
    return handler(std::forward<F>(f));
  } else {
    rondo::detail::unique_function<reply(request&)> plain(std::forward<F>(f));
    return handler(plain_handler{std::move(plain)});
  }
}

}  // namespace detail

}  // namespace rondo::inline v0::http
