// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/websocket/websocket.hpp>
#include <rondo/tls/context.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
task<http::websocket> connect_websocket(std::string url, tls_context context,
                                        websocket_options options, std::string subprotocols,
                                        http::headers headers);
}  // namespace detail

/// Connects to "ws://host:port/path", or "wss://…" over TLS: `websockets.connect`.
/// `headers` are sent along (Authorization, Cookie, Origin). Throws websocket_error that
/// names the URL and the cause, also for a server that answers no 101 (see status());
/// usage_error for fields that are the handshake's own. Redirects are not followed.
/// Cancelling it leaves no socket.
RONDO_CORO_WRAPPER inline task<websocket> connect_websocket(std::string url,
                                                            websocket_options options = {},
                                                            http::headers headers = {}) {
  return detail::connect_websocket(std::move(url), tls_context(), options,
                                   std::string(options.subprotocols), std::move(headers));
}
/// The same with a TLS context of one's own.
template <std::same_as<tls_context> Context>  // deduced, so that {} means options
RONDO_CORO_WRAPPER task<websocket> connect_websocket(std::string url, Context context,
                                                     websocket_options options = {},
                                                     http::headers headers = {}) {
  return detail::connect_websocket(std::move(url), std::move(context), options,
                                   std::string(options.subprotocols), std::move(headers));
}

}}}  // namespace rondo::v0::http
