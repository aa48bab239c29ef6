// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

struct server_options {
  int backlog = 1024;
  /// Connections served at once; further ones wait in the kernel's queue.
  std::size_t max_connections = 10'000;
  /// Several processes or threads listen on one port (SO_REUSEPORT).
  bool reuse_port = false;
  /// For each connection, as in connection_options.
  bool no_delay = true;
  bool keep_alive = false;
};
static_assert(std::is_trivially_destructible_v<server_options>);

class server;

namespace detail {
struct server_state;
using connection_handler = unique_function<task<>(stream)>;
// For the server of a protocol, which knows better what runs.
/// What a server's destructor does, without its report.
void stop_at_once(server& s) noexcept;
/// f is called whenever closing begins.
void set_on_close(server& s, unique_function<void()> f);
/// "server on 127.0.0.1:80 was destroyed while 3 requests run: …"
void report_destroyed(const server& s, std::size_t running, const char* what) noexcept;
}  // namespace detail

/// A listening server: `asyncio.Server`. Each connection runs the handler in a
/// task of its own; an exception that leaves a handler goes to the loop's
/// exception handler and ends only that connection.
///
/// What the handlers refer to must live until the last of them has ended: wait for that
/// with with_server, serve_forever or close. A destructor cannot wait: destroying the server
/// stops listening and cancels the handlers that run, whose destructors then run *later*;
/// so where some do run, that is reported (problem::destroyed_in_use). No handler begins
/// any more.
///
/// Used before it was started (default-constructed, moved away), it throws
/// usage_error. Belongs to the loop's thread.
class [[nodiscard]] server {
 public:
  server() noexcept = default;
  explicit server(detail::server_state* state) noexcept;
  server(server&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  server& operator=(server&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~server();

  /// The first of the addresses that it listens on.
  endpoint address() const;
  const std::vector<endpoint>& addresses() const;
  /// The port of all of them; 0 for a Unix socket.
  std::uint16_t port() const { return address().port(); }
  std::size_t connections() const;

  /// Waits until the server is closed and the last of its handlers has ended. When it is
  /// cancelled, and when accepting fails (which it throws), it closes the server itself, as
  /// close(grace) does, and waits for that: so the handlers may use what is declared before
  /// it. asyncio's.
  task<> serve_forever(delay grace = std::chrono::seconds(0));
  /// Waits until the server is closed and the last of its handlers has ended; throws what
  /// made accepting fail. Cancelling it closes nothing. asyncio's.
  RONDO_CORO_WRAPPER task<> wait_closed();
  /// Stops listening, gives running handlers up to `grace` to end, then cancels
  /// them and waits for that. Cancelling it leaves them to run.
  RONDO_CORO_WRAPPER task<> close(delay grace = std::chrono::seconds(5));

 private:
  friend void detail::stop_at_once(server& s) noexcept;
  friend void detail::set_on_close(server& s, detail::unique_function<void()> f);
  detail::server_state& state() const;
  detail::server_state* state_ = nullptr;
};

namespace detail {
task<server> start_server(connection_handler handler, std::string host, std::uint16_t port,
                          server_options options);
task<server> start_unix_server(connection_handler handler, std::string path,
                               server_options options);
}  // namespace detail

/// Listens on all addresses of host, on port (0: a free one; see server::port),
/// and runs `handler(stream)`, a coroutine, for each connection. An empty host is
/// every IPv4 address, "::" every address. Addresses of the host that this machine
/// does not have (::1 where IPv6 is switched off) are left out, unless it has none of
/// them. The handler is kept as long as the server. When there are no fds left it waits a
/// while, which is reported (problem::shortage); the connections stay in the kernel's queue.
/// Throws std::system_error (`listen 127.0.0.1:80: Permission denied`). Cancelling it
/// leaves no socket.
template <class F>
  requires std::is_invocable_r_v<task<>, std::decay_t<F>&, stream>
RONDO_CORO_WRAPPER task<server> start_server(F&& handler, std::string host, std::uint16_t port,
                                             server_options options = {}) {
  RONDO_CHECK_CLOSURE(F);
  return detail::start_server(detail::connection_handler(std::forward<F>(handler)), std::move(host),
                              port, options);
}

/// The same on a Unix socket: a path, or "@name" for an abstract one. A socket
/// file that nobody listens on any more is replaced, and of several that start at the
/// same time one gets it; the server removes its own when it stops listening. Throws
/// std::system_error. Cancelling it leaves no socket.
template <class F>
  requires std::is_invocable_r_v<task<>, std::decay_t<F>&, stream>
RONDO_CORO_WRAPPER task<server> start_unix_server(F&& handler, std::string path,
                                                  server_options options = {}) {
  RONDO_CHECK_CLOSURE(F);
  return detail::start_unix_server(detail::connection_handler(std::forward<F>(handler)),
                                   std::move(path), options);
}

}}  // namespace rondo::v0
