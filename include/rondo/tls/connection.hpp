// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/io/open_connection.hpp>
#include <rondo/io/server.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/io/with_server.hpp>
#include <rondo/loop/time.hpp>
#include <rondo/tls/context.hpp>
#include <rondo/tls/errors.hpp>

namespace rondo { inline namespace v0 {

struct tls_connection_options {
  connection_options connection = {};
  /// What the certificate must be for, and what the server is asked for (SNI); the
  /// host unless given. Copied at the call.
  std::string_view server_name;
  /// For the handshake, once connected.
  delay handshake_timeout = std::chrono::seconds(60);
};
static_assert(std::is_trivially_destructible_v<tls_connection_options>);

/// server_options, and what TLS adds.
struct tls_server_options {
  int backlog = 1024;
  /// Connections served at once, those in their handshake among them; further ones wait in
  /// the kernel's queue.
  std::size_t max_connections = 10'000;
  bool reuse_port = false;
  bool no_delay = true;
  bool keep_alive = false;
  /// For each connection's handshake.
  delay handshake_timeout = std::chrono::seconds(60);
  /// The protocol that is spoken, such as "imap", in place of the context's (ALPN): a client
  /// that names others only is refused. Copied at the call.
  std::string_view alpn_protocol = {};
};
static_assert(std::is_trivially_destructible_v<tls_server_options>);

namespace detail {
task<stream> open_tls_connection(std::string host, std::uint16_t port, tls_context context,
                                 connection_options connection, std::string server_name,
                                 delay handshake_timeout);
task<server> start_tls_server(connection_handler handler, std::string host, std::uint16_t port,
                              tls_context context, tls_server_options options);
task<server> start_tls_unix_server(connection_handler handler, std::string path,
                                   tls_context context, tls_server_options options);
}  // namespace detail

/// Connects to a host over TLS: asyncio's `open_connection(…, ssl=context)`. Throws
/// what open_connection throws; tls_error when the handshake fails (`tls handshake
/// with example.org:443: certificate has expired`); timeout_error when it takes
/// too long. Resumes the session of an earlier connection of the context to the
/// same name and port where both ends can. Cancelling it leaves no socket.
///
/// On the stream, reads and writes are as on any other. An end without
/// close_notify is a tls_error (tls_errc::truncated), after all that came before
/// it; shutdown_write and close send it. In TLS 1.3 a server that rejects the
/// client's certificate tells so at the first read.
template <std::same_as<tls_context> Context>  // deduced, so that {} means options
RONDO_CORO_WRAPPER task<stream> open_tls_connection(std::string host, std::uint16_t port,
                                                    Context context,
                                                    tls_connection_options options = {}) {
  return detail::open_tls_connection(std::move(host), port, std::move(context), options.connection,
                                     std::string(options.server_name), options.handshake_timeout);
}
/// The same with the loop's own context, tls_context::client(), made on a thread at
/// its first use.
RONDO_CORO_WRAPPER inline task<stream> open_tls_connection(std::string host, std::uint16_t port,
                                                           tls_connection_options options = {}) {
  return open_tls_connection(std::move(host), port, tls_context(), options);
}

/// Goes on in TLS on a stream that is open, after a protocol's STARTTLS: asyncio's
/// `start_tls`. The context says for which side. A client names the server, whose
/// certificate must be for server_name. What the stream has read ahead belongs to
/// TLS. The stream must live until it returns.
///
/// Throws tls_error and timeout_error as open_tls_connection does; usage_error
/// when another task uses the stream, and for a pipe. After a failure, and when it
/// is cancelled, the stream can only be closed.
RONDO_CORO_WRAPPER task<> start_tls(stream& s, tls_context context, std::string server_name = {},
                                    delay handshake_timeout = std::chrono::seconds(60));

/// start_server over TLS: asyncio's `start_server(…, ssl=context)`. The handler
/// gets the stream once its handshake is done, which is a part of the connection's
/// own task: a slow client keeps nobody waiting. A failing one is counted
/// (tls_context::statistics) and told to on_handshake_failure; the handler does
/// not run. Throws what start_server throws, and usage_error for a client's context. Cancelling it
/// leaves no socket.
template <class F>
  requires std::is_invocable_r_v<task<>, std::decay_t<F>&, stream>
RONDO_CORO_WRAPPER task<server> start_tls_server(F&& handler, std::string host, std::uint16_t port,
                                                 tls_context context,
                                                 tls_server_options options = {}) {
  RONDO_CHECK_CLOSURE(F);
  return detail::start_tls_server(detail::connection_handler(std::forward<F>(handler)),
                                  std::move(host), port, std::move(context), options);
}

/// start_unix_server over TLS. Its clients: open_unix_connection, then start_tls with
/// the name that the certificate is for. Throws as those. Cancelling it leaves no socket.
template <class F>
  requires std::is_invocable_r_v<task<>, std::decay_t<F>&, stream>
RONDO_CORO_WRAPPER task<server> start_tls_unix_server(F&& handler, std::string path,
                                                      tls_context context,
                                                      tls_server_options options = {}) {
  RONDO_CHECK_CLOSURE(F);
  return detail::start_tls_unix_server(detail::connection_handler(std::forward<F>(handler)),
                                       std::move(path), std::move(context), options);
}

}}  // namespace rondo::v0
