// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include <rondo/compose/finally.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

template <class F, class Server>
RONDO_CORO_WRAPPER auto call_server_body(F& body, Server& server) {
  if constexpr (std::is_invocable_v<F&, Server&>) {
    return body(server);
  } else {
    return body();
  }
}

template <class T, class F, class Server>
task<T> run_server_body(F& body, Server& server, bool& returned) {
  if constexpr (std::is_void_v<T>) {
    co_await call_server_body(body, server);
    returned = true;
  } else {
    T value = co_await call_server_body(body, server);
    returned = true;
    co_return value;
  }
}

template <class T, class F, class Server>
task<T> run_with_server(Server& server, F body, delay grace) {
  bool returned = false;
  auto close = [&]() -> task<> {
    co_await server.close(returned ? grace : delay(std::chrono::seconds(0)));
  };
  co_return co_await finally(run_server_body<T>(body, server, returned), close);
}

template <class F, class Server>
using server_body_result =
    awaited_t<decltype(call_server_body(std::declval<F&>(), std::declval<Server&>()))>;

}  // namespace detail

/// Runs `body(server)`, or `body()`, a coroutine, and then closes the server, on whatever
/// way the body ends: `async with server:`. So what the handlers refer to may be anything
/// that is declared before this call.
///
///     auto server = co_await rondo::start_server(handler, "localhost", 8080);
///     co_await rondo::with_server(server, [&]() -> rondo::task<> {
///       co_await stop.wait();
///     });
///
/// A body that returns leaves the handlers that run up to `grace` to end; then, and at once
/// when the body fails or the task is cancelled, they are cancelled; all are waited for.
/// Gives the body's value, throws its exception. Begun by a cancelled task, it neither runs
/// nor closes: call it where the server was started.
///
/// For every server with a close(grace), http::server too. It must live until this returns,
/// and stay in its place.
template <class Server, class F>
  requires requires(Server& s) { s.close(std::chrono::seconds(0)); }
RONDO_CORO_WRAPPER task<detail::server_body_result<std::decay_t<F>, Server>> with_server(
    Server& server, F&& body, delay grace = std::chrono::seconds(5)) {
  RONDO_CHECK_CLOSURE(F);
  using function = std::decay_t<F>;
  return detail::run_with_server<detail::server_body_result<function, Server>, function>(
      server, std::forward<F>(body), grace);
}

}}  // namespace rondo::v0
