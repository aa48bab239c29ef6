// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/http/headers.hpp>
#include <rondo/io/server.hpp>
#include <rondo/loop/time.hpp>

namespace rondo::inline v0::http {

/// What a client may make the server hold or wait for.
struct server_options {
  std::size_t max_connections = 10'000;
  std::size_t max_header_bytes = 16 * 1024;  ///< request line and header; then 431
  std::size_t max_fields = 100;              ///< then 431
  std::size_t max_body = 1024 * 1024;        ///< then 413
  delay header_timeout = std::chrono::seconds(10);  ///< for the whole header; then 408
  delay idle_timeout = std::chrono::seconds(60);    ///< between requests; then it closes
  delay body_timeout = std::chrono::seconds(30);    ///< for each piece of a body; then 408
  /// While a reply is sent, without the client taking a byte of it; then it closes.
  delay write_timeout = std::chrono::seconds(30);
  int backlog = 1024;
  bool reuse_port = false;
};

class server;
class request;
struct reply;

namespace detail {
class connection;
struct server_state;
using handler = rondo::detail::unique_function<task<reply>(request&)>;
task<http::server> start_server(handler h, std::string host, std::uint16_t port,
                                server_options options);
}  // namespace detail

/// A request whose header has come. Lives as long as its handler runs.
class request {
 public:
  std::string method;
  std::string target;  ///< as sent: "/path?query"
  headers fields;
  endpoint peer;
  bool http_1_0 = false;

  std::string_view path() const noexcept;
  std::string_view query() const noexcept;

  /// The next piece of the body, empty at its end. Throws when the body is longer
  /// than the server allows, malformed, cut, or too slow; if the handler lets it
  /// pass, the client gets the fitting status (413, 400, 408).
  task<std::string> read();
  /// The rest of the body.
  task<std::string> body();

 private:
  friend class detail::connection;
  detail::connection* connection_ = nullptr;
};

/// What a handler answers. Content-Length, Transfer-Encoding, Date and
/// Connection are the server's.
struct reply {
  reply() {}
  reply(std::string text) : body(std::move(text)) {}  // NOLINT: implicit on purpose
  reply(const char* text) : body(text) {}             // NOLINT
  reply(int code, std::string text) : status(code), body(std::move(text)) {}

  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  headers fields;
  std::string body;
  /// Instead of body: pieces that are sent as they come, chunked. A slow client
  /// slows the generator down.
  async_generator<std::string> stream;
};

namespace detail {
/// Makes a coroutine of a handler that is none.
struct plain_handler {
  rondo::detail::unique_function<reply(request&)> function;
  task<reply> operator()(request& r);
};
}  // namespace detail

/// A running HTTP/1.1 server. Destroying it stops it at once.
class [[nodiscard]] server {
 public:
  server() noexcept = default;
  server(server&& other) noexcept
      : listener_(std::move(other.listener_)), state_(std::exchange(other.state_, nullptr)) {}
  server& operator=(server&& other) noexcept {
    std::swap(listener_, other.listener_);
    std::swap(state_, other.state_);
    return *this;
  }
  ~server();

  endpoint address() const { return listener_.address(); }
  std::uint16_t port() const { return listener_.port(); }
  std::size_t connections() const { return listener_.connections(); }
  RONDO_CORO_WRAPPER task<> serve_forever() { return listener_.serve_forever(); }
  /// Stops listening, closes idle connections, gives running requests up to
  /// `grace`, then cancels them.
  task<> close(delay grace = std::chrono::seconds(5));

 private:
  friend task<http::server> detail::start_server(detail::handler, std::string, std::uint16_t,
                                                 server_options);
  explicit server(detail::server_state* state) noexcept : state_(state) {}
  rondo::server listener_;
  detail::server_state* state_ = nullptr;
};

/// Serves HTTP/1.1 on host:port: each request runs `handler(request&)`, which
/// returns a reply or a task of one. An exception that leaves it is a 500 to the
/// client, without details, and goes to the loop's exception handler.
template <class F>
  requires std::is_invocable_v<std::decay_t<F>&, request&>
RONDO_CORO_WRAPPER task<http::server> start_server(F&& handler, std::string host,
                                                   std::uint16_t port,
                                                   server_options options = {}) {
  RONDO_CHECK_CLOSURE(F);
  if constexpr (std::is_same_v<std::invoke_result_t<std::decay_t<F>&, request&>, task<reply>>) {
    return detail::start_server(detail::handler(std::forward<F>(handler)), std::move(host), port,
                                options);
  } else {
    rondo::detail::unique_function<reply(request&)> plain(std::forward<F>(handler));
    return detail::start_server(detail::handler(detail::plain_handler{std::move(plain)}),
                                std::move(host), port, options);
  }
}

/// "Not Found" for 404.
std::string_view reason_phrase(int status) noexcept;

}  // namespace rondo::inline v0::http
