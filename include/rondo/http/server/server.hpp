// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/http/site/access_log.hpp>
#include <rondo/http/site/detail/handler.hpp>
#include <rondo/http/site/router.hpp>
#include <rondo/io/server.hpp>
#include <rondo/io/with_server.hpp>
#include <rondo/loop/time.hpp>
#include <rondo/tls/context.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// What a client may make the server hold or wait for.
struct server_options {
  std::size_t max_connections = 10'000;
  std::size_t max_requests = 1'000'000;             ///< of one connection; then it closes
  std::size_t max_header_bytes = 16 * 1024;         ///< request line and header; then 431
  std::size_t max_target_bytes = 8 * 1024;          ///< of the URL; then 414
  std::size_t max_fields = 100;                     ///< then 431
  std::size_t max_body = 1024 * 1024;               ///< then 413
  delay header_timeout = std::chrono::seconds(10);  ///< for the whole header; then 408
  delay idle_timeout = std::chrono::seconds(60);    ///< between requests; then it closes
  delay body_timeout = std::chrono::seconds(30);    ///< for each piece of a body; then 408
  /// While a reply is sent, without the client taking a byte of it; then it closes.
  delay write_timeout = std::chrono::seconds(30);
  delay handshake_timeout = std::chrono::seconds(10);  ///< of TLS; then it closes
  /// Bytes a second at which a body must come (then 408) and a reply be taken (then it
  /// closes), on the average of the time that is spent on waiting for the client; body_timeout
  /// and write_timeout are given in advance. 0: none.
  std::size_t min_rate = 240;
  int backlog = 1024;
  bool reuse_port = false;
};
static_assert(std::is_trivially_destructible_v<server_options>);

class server;

namespace detail {
struct server_state;
task<http::server> start_server(handler h, std::string host, std::uint16_t port,
                                server_options options);
task<http::server> start_tls_server(handler h, std::string host, std::uint16_t port,
                                    tls_context context, server_options options);
/// A router that is moved here is no closure.
template <class F>
void check_handler() {
  if constexpr (!std::is_same_v<std::remove_cvref_t<F>, router>) RONDO_CHECK_CLOSURE(F);
}

}  // namespace detail

/// A running HTTP/1.1 server. What its handlers, and the replies that they make, refer to
/// must live until they have ended: wait for that with with_server, serve_forever or close.
/// Destroying it cancels requests that run, whose destructors then run *later*; where there
/// are some, that is reported (problem::destroyed_in_use). No handler begins any more.
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
  /// Waits until the server is closed and the last of its handlers has ended. When it is
  /// cancelled, and when accepting fails (which it throws), it closes the server itself, as
  /// close(grace) does, and waits for that: so the handlers may use what is declared before
  /// it.
  RONDO_CORO_WRAPPER task<> serve_forever(delay grace = std::chrono::seconds(0)) {
    return listener_.serve_forever(grace);
  }
  /// As rondo::server's: throws what accepting failed with; cancelling it closes nothing.
  RONDO_CORO_WRAPPER task<> wait_closed() { return listener_.wait_closed(); }
  /// Stops listening, closes idle connections, gives running requests up to `grace`,
  /// then cancels them and waits for that. Throws nothing. Cancelling it leaves them to run.
  RONDO_CORO_WRAPPER task<> close(delay grace = std::chrono::seconds(5)) {
    return listener_.close(grace);
  }
  /// Calls log for every request from now on, after its reply was sent.
  void set_access_log(access_log log);

 private:
  friend task<http::server> detail::start_server(detail::handler, std::string, std::uint16_t,
                                                 server_options);
  friend task<http::server> detail::start_tls_server(detail::handler, std::string, std::uint16_t,
                                                     tls_context, server_options);
  explicit server(detail::server_state* state) noexcept;
  detail::server_state& state() const;
  rondo::server listener_;
  detail::server_state* state_ = nullptr;
};

/// Serves HTTP/1.1 on host:port: each request runs `handler(request&)`, a router or
/// whatever returns a reply or a task of one. status_error is the reply that it names;
/// any other exception that leaves the handler is a 500 to the client, without details,
/// and goes to the loop's exception handler.
///
/// The handler is copied or moved in; one that cannot be copied, such as a router, and is
/// given by its name is referred to, and must outlive the server.
///
/// Throws std::system_error when it cannot listen there: `listen 127.0.0.1:80: Permission
/// denied`; the errors of resolve(). Cancelled, nothing listens.
template <class F>
RONDO_CORO_WRAPPER task<http::server> start_server(F&& handler, std::string host,
                                                   std::uint16_t port,
                                                   server_options options = {}) {
  detail::check_handler<F>();
  return detail::start_server(detail::make_handler(std::forward<F>(handler)), std::move(host), port,
                              options);
}

/// The same over TLS. Throws usage_error for a client's context, too. Cancelled: as
/// start_server.
template <class F>
RONDO_CORO_WRAPPER task<http::server> start_tls_server(F&& handler, std::string host,
                                                       std::uint16_t port, tls_context context,
                                                       server_options options = {}) {
  detail::check_handler<F>();
  return detail::start_tls_server(detail::make_handler(std::forward<F>(handler)), std::move(host),
                                  port, std::move(context), options);
}

}}}  // namespace rondo::v0::http
