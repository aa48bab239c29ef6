// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/http/websocket/websocket.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
using websocket_handler = rondo::detail::unique_function<task<>(http::websocket)>;
reply accept_websocket(const request& r, websocket_handler handler,
                       const websocket_options& options);
}  // namespace detail

/// What a server's handler answers to open a WebSocket: checks the handshake, then
/// runs `handler(websocket)` on it. The connection closes when the handler returns, with
/// 1000; when it throws, with 1011 without details, and the exception goes to the
/// loop's exception handler (not a websocket_error after the end: the peer's doing).
///
///     app.get("/chat", [](http::request& r) { return http::accept_websocket(r, chat); });
///
/// A request that is no handshake is answered with 400, 405 or 426, one from a page of
/// another origin with 403. Closing the server cancels the handler after its grace; the
/// client is told 1001.
template <class F>
  requires std::is_invocable_r_v<task<>, std::decay_t<F>&, websocket>
reply accept_websocket(const request& r, F&& handler, const websocket_options& options = {}) {
  return detail::accept_websocket(r, detail::websocket_handler(std::forward<F>(handler)), options);
}

}}}  // namespace rondo::v0::http
