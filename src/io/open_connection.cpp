// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/open_connection.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>
#include <system_error>
#include <vector>

#include <rondo/compose/task_group.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/io/resolve.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/sync/event.hpp>
#include "detail/errno_error.hpp"
#include "io/socket.hpp"

namespace rondo { inline namespace v0 {

namespace {

// The families in turn, that of the best address first (RFC 8305, section 4).
std::vector<endpoint> interleaved(const std::vector<endpoint>& addresses) {
  std::vector<endpoint> first;
  std::vector<endpoint> second;
  for (const endpoint& a : addresses)
    (a.family() == addresses.front().family() ? first : second).push_back(a);
  std::vector<endpoint> all;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) all.push_back(first[i]);
    if (i < second.size()) all.push_back(second[i]);
  }
  return all;
}

// Whether TCP has connected the socket to itself (RFC 9293, section 3.5): nobody
// listens on a port of this machine, and the kernel chose that very port to come
// from. Go's net package looks for the same.
bool is_connected_to_itself(int fd) {
  endpoint local = detail::local_endpoint(fd);
  return local.port() != 0 && local == detail::peer_endpoint(fd);
}

/// What the attempts on the addresses of one host share.
struct attempts {
  std::optional<stream> winner;
  std::exception_ptr last_error;
  std::size_t running = 0;
  event news;  // one has failed, or won
};

task<> attempt(attempts& all, endpoint address, connection_options options) {
  try {
    stream s = co_await open_connection(address, options);
    if (!all.winner) all.winner.emplace(std::move(s));
  } catch (const std::system_error&) {
    all.last_error = std::current_exception();
  }
  --all.running;
  all.news.set();
}

task<> try_in_turn(attempts& all, task_group& group, const std::vector<endpoint>& addresses,
                   connection_options options) {
  for (const endpoint& address : addresses) {
    all.news.clear();
    ++all.running;
    group.create_task(attempt(all, address, options), "connect " + address.to_string());
    co_await move_on_after(all.news.wait(), options.happy_eyeballs_delay);
    if (all.winner) break;
  }
  while (!all.winner && all.running > 0) {
    all.news.clear();
    co_await all.news.wait();
  }
  group.cancel();
}

}  // namespace

task<stream> open_connection(endpoint address, connection_options options) {
  std::string what = "connect " + address.to_string();
  detail::socket_guard socket(detail::make_socket(address.family(), SOCK_STREAM, what));
  if (options.local.size() > 0 &&
      ::bind(socket.get(), options.local.data(), options.local.size()) != 0)
    throw detail::errno_error(errno, what + " from " + options.local.to_string());
  detail::plain_io_operation connect(detail::opcode::connect, socket.get(), "connect");
  connect.buffer = const_cast<sockaddr*>(address.data());
  connect.length = address.size();
  std::int64_t error = co_await connect;
  if (error < 0) throw detail::errno_error(-error, what);
  if (options.local.port() == 0 && is_connected_to_itself(socket.get()))
    throw detail::errno_error(ECONNREFUSED, what);
  detail::set_tcp_options(socket.get(), options.no_delay, options.keep_alive);
  auto* core = new detail::stream_core(socket.get(), address);
  socket.release();
  co_return stream(core);
}

task<stream> open_connection(std::string host, std::uint16_t port, connection_options options) {
  std::vector<endpoint> addresses = co_await resolve(host, port);
  if (addresses.empty())
    throw detail::errno_error(EADDRNOTAVAIL, "connect " + host + ": it has no address");
  if (addresses.size() == 1) co_return co_await open_connection(addresses.front(), options);
  addresses = interleaved(addresses);
  attempts all;
  auto race = [&](task_group& group) -> task<> {
    co_await try_in_turn(all, group, addresses, options);
  };
  co_await with_task_group(race);
  if (!all.winner) std::rethrow_exception(all.last_error);
  co_return std::move(*all.winner);
}

task<stream> open_unix_connection(std::string path) {
  endpoint address = endpoint::unix_path(path);
  std::string what = "connect " + address.to_string();
  detail::socket_guard socket(detail::make_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, what));
  // It succeeds at once, unless the listener's queue is full, of whose end the
  // kernel tells nobody.
  auto pause = std::chrono::milliseconds(1);
  while (::connect(socket.get(), address.data(), address.size()) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) throw detail::errno_error(errno, what);
    co_await sleep(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
  detail::set_blocking_as_wanted(socket.get());
  auto* core = new detail::stream_core(socket.get(), address);
  socket.release();
  co_return stream(core);
}

}}  // namespace rondo::v0
