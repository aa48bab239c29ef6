// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/server.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <system_error>

#include <rondo/compose/finally.hpp>
#include <rondo/compose/wait.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/io/resolve.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/semaphore.hpp>
#include "coro/report_lost.hpp"
#include "detail/errno_error.hpp"
#include "io/socket.hpp"
#include "io/unix_socket_file.hpp"

namespace rondo { inline namespace v0 {

namespace detail {

/// Counted by the server and by every task of it, since destroying a server
/// cannot wait for them.
struct server_state : counted<server_state> {
  server_state(connection_handler h, const server_options& o)
      : handler(std::move(h)), options(o), slots(o.max_connections) {}

  connection_handler handler;
  unique_function<void()> closing;
  const server_options options;
  std::vector<endpoint> addresses;
  semaphore slots;
  event closed;
  event idle;                            // no connection is left, after closing
  std::vector<task_handle<>> acceptors;  // one for each address
  struct connection : list_link<connection> {
    task_handle<> task;
  };
  list<connection> connections;
  std::size_t count = 0;
  std::optional<time_point> shortage_reported;
  bool stopped = false;  // without waiting for the connections

  void stop_listening() {
    if (closed.is_set()) return;
    closed.set();
    if (count == 0) idle.set();
    for (task_handle<>& a : acceptors) a.cancel();
  }
  void cancel_connections() {
    for (connection& c : connections) c.task.cancel();
  }
  /// Says why clients wait, but not over and over.
  void report_shortage(const endpoint& address, int error) noexcept {
    constexpr auto pause = std::chrono::minutes(1);
    time_point now = loop::current().time();
    if (shortage_reported && now - *shortage_reported < pause) return;
    shortage_reported = now;
    report_made([&] {
      std::string text = "server on " + address.to_string() +
                         ": accept: " + std::generic_category().message(error) +
                         "; clients wait until there is some room";
      rlimit fds{};
      if (error == EMFILE && ::getrlimit(RLIMIT_NOFILE, &fds) == 0)
        text += " (this process may have " + std::to_string(fds.rlim_cur) +
                " file descriptors: ulimit -n)";
      return diagnostic{problem::shortage, std::move(text), {}};
    });
  }
  void stop() {
    stopped = true;
    stop_listening();
    cancel_connections();
  }
};

namespace {

using state_ref = ref<server_state>;

/// A connection is in the server's list from its acceptance on, before its task
/// has started, so that closing the server reaches every one.
class listed {
 public:
  listed(server_state& s, semaphore::permit slot) : state_(&s), slot_(std::move(slot)) {
    s.connections.push_front(entry);
    ++s.count;
  }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed() {
    entry.unlink();
    if (--state().count == 0 && state().closed.is_set()) state().idle.set();
  }

  server_state& state() const noexcept { return *state_; }

  server_state::connection entry;

 private:
  state_ref state_;
  semaphore::permit slot_;
};

// The arguments keep the state and the slot, also before the task has started.
task<> serve_connection(std::unique_ptr<listed> in_list, stream connection) {
  server_state& s = in_list->state();
  std::string peer = connection.peer().to_string();
  try {
    co_await s.handler(std::move(connection));
  } catch (const std::exception&) {
    report_lost(std::current_exception(),
                [&] { return "the handler of the connection from " + peer + " failed"; });
  }
}

/// A bound socket, to listen on.
class listener {
 public:
  listener(socket_guard socket, const endpoint& address)
      : socket_(std::move(socket)), address_(address), file_(address) {}

  int fd() const noexcept { return socket_.get(); }
  const endpoint& address() const noexcept { return address_; }

 private:
  socket_guard socket_;
  endpoint address_;
  unix_socket_file file_;
};

/// What accept said: the new socket or -errno. The system call itself takes it,
/// never a request in flight: so a cancellation can lose none.
std::int64_t accept_at_once(const listener& from) {
  int fd = ::accept4(from.fd(), nullptr, nullptr, static_cast<int>(accept_flags()));
  return fd >= 0 ? fd : -errno;
}

// Starts the handler of a connection that has been accepted.
void serve(const state_ref& state, const listener& from, int fd, semaphore::permit slot) {
  server_state& s = *state;
  socket_guard accepted(fd);
  if (!from.address().is_unix()) set_tcp_options(fd, s.options.no_delay, s.options.keep_alive);
  auto* core = new stream_core(fd, peer_endpoint(fd));
  accepted.release();
  stream connection(core);
  auto in_list = std::make_unique<listed>(s, std::move(slot));
  server_state::connection& entry = in_list->entry;
  entry.task = create_task(serve_connection(std::move(in_list), std::move(connection)));
}

// Whether accept has failed for one connection only: what went wrong with it before
// it was accepted, or a firewall (accept(2), "Error handling").
bool concerns_one_connection(int error) {
  for (int one : {EINTR, ECONNABORTED, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                  EHOSTUNREACH, ENETUNREACH})
    if (error == one) return true;
  return false;
}

// Owns the listener: it closes with this coroutine, even with one never started.
task<> accept_loop(state_ref state, listener from) {
  constexpr int burst = 64;  // accepted at once, before others have their turn
  server_state& s = *state;
  for (int in_a_row = 1;; ++in_a_row) {
    if (in_a_row % burst == 0) co_await sleep(std::chrono::seconds(0));
    std::int64_t answer = 0;
    {
      // Not held while nobody connects: the other addresses share the slots.
      semaphore::permit slot = co_await s.slots.acquire();
      if (s.closed.is_set()) co_return;  // nobody is there whom a connection may be given to
      answer = accept_at_once(from);
      try {
        if (answer >= 0) serve(state, from, static_cast<int>(answer), std::move(slot));
      } catch (const std::bad_alloc&) {  // that connection is lost, not the server
        answer = -ENOMEM;
        report_made([] {
          return diagnostic{problem::exception_not_retrieved,
                            "a server has no memory for a connection", std::current_exception()};
        });
      }
    }
    if (answer == -EAGAIN) {  // a burst needs one wait
      plain_io_operation wait(opcode::poll, from.fd(), "accept");
      wait.flags = POLLIN;
      answer = co_await wait;
    }
    if (answer >= 0) continue;
    if (answer == -EMFILE || answer == -ENFILE || answer == -ENOBUFS || answer == -ENOMEM) {
      // The connection stays in the kernel's queue: trying at once would spin.
      s.report_shortage(from.address(), static_cast<int>(-answer));
      co_await sleep(std::chrono::milliseconds(100));
    } else if (!concerns_one_connection(static_cast<int>(-answer))) {
      throw errno_error(-answer, "accept on " + from.address().to_string());
    }
  }
}

listener listen_on(const endpoint& address, const server_options& options) {
  std::string what = "listen " + address.to_string();
  socket_guard socket(make_socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK, what));
  int on = 1;
  if (!address.is_unix()) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (options.reuse_port) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // Else a wildcard of IPv6 takes the port of IPv4 too, which may be in our list.
    if (address.is_v6() && address.address() != "::")
      ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), address.data(), address.size()) != 0) throw errno_error(errno, what);
  endpoint bound = address.is_unix() ? address : local_endpoint(socket.get());
  listener result(std::move(socket), bound);
  if (::listen(result.fd(), options.backlog) != 0) throw errno_error(errno, what);
  return result;
}

// As for ::1 of /etc/hosts where IPv6 is switched off.
bool not_on_this_machine(const std::system_error& e) {
  return e.code() == std::errc::address_not_available ||
         e.code() == std::errc::address_family_not_supported;
}

// All addresses that this machine has, on one port. A free one is free on the first
// address; the others may have it in use.
std::vector<listener> listen_on_all(const std::vector<endpoint>& addresses,
                                    const server_options& options) {
  constexpr int tries = 16;
  for (int attempt = 1;; ++attempt) {
    std::vector<listener> all;
    std::exception_ptr missing;
    try {
      for (const endpoint& address : addresses) {
        endpoint wanted = address;
        if (address.port() == 0 && !all.empty())
          wanted = *endpoint::parse(address.address(), all.front().address().port());
        try {
          all.push_back(listen_on(wanted, options));
        } catch (const std::system_error& e) {
          if (!not_on_this_machine(e)) throw;
          if (!missing) missing = std::current_exception();
        }
      }
      if (all.empty()) std::rethrow_exception(missing);
      return all;
    } catch (const std::system_error& e) {
      bool taken = e.code() == std::errc::address_in_use && addresses.front().port() == 0;
      if (!taken || attempt == tries) throw;
    }
  }
}

server serve_on(connection_handler handler, std::vector<listener> listeners,
                const server_options& options) {
  auto* state = new server_state(std::move(handler), options);
  server result(state);
  for (const listener& l : listeners) state->addresses.push_back(l.address());
  for (listener& l : listeners) {
    std::string name = "accept " + l.address().to_string();
    state->acceptors.push_back(
        create_task(accept_loop(state_ref(state), std::move(l)), std::move(name)));
  }
  return result;
}

}  // namespace

task<server> start_server(connection_handler handler, std::string host, std::uint16_t port,
                          server_options options) {
  if (host.empty()) host = "0.0.0.0";
  std::vector<endpoint> addresses = co_await resolve(host, port);
  if (addresses.empty())
    throw std::system_error(std::make_error_code(std::errc::address_not_available),
                            "listen " + host);
  co_return serve_on(std::move(handler), listen_on_all(addresses, options), options);
}

task<server> start_unix_server(connection_handler handler, std::string path,
                               server_options options) {
  endpoint address = endpoint::unix_path(path);
  std::vector<listener> listeners;
  {
    socket_guard others_wait = co_await lock_directory_of(address);
    remove_stale_socket(address, SOCK_STREAM);
    listeners.push_back(listen_on(address, options));
  }
  co_return serve_on(std::move(handler), std::move(listeners), options);
}

}  // namespace detail

namespace detail {

namespace {

// The state lives on in these: the server object may be destroyed meanwhile.

task<> until_closed(state_ref state) {
  server_state& s = *state;
  wait_result<void> listening = co_await wait(s.acceptors, return_when::first_exception);
  for (const task_handle<>& acceptor : listening.done)
    if (std::exception_ptr error = acceptor.exception()) std::rethrow_exception(error);
  co_await s.idle.wait();
}

task<> close_server(state_ref state, delay grace) {
  server_state& s = *state;
  if (s.closing) s.closing();
  s.stop_listening();
  for (task_handle<> acceptor : s.acceptors) co_await wait(acceptor);  // then the port is free
  auto drained = co_await move_on_after(s.idle.wait(), grace);
  if (!drained) {
    s.cancel_connections();
    co_await s.idle.wait();
  }
}

}  // namespace

void report_destroyed(const server& s, std::size_t running, const char* what) noexcept {
  report_made([&] {
    bool one = running == 1;
    return diagnostic{problem::destroyed_in_use,
                      "server on " + s.address().to_string() + " was destroyed while " +
                          std::to_string(running) + " " + what + (one ? " runs" : "s run") +
                          ": co_await close() first, or let with_server do it"};
  });
}

void set_on_close(server& s, unique_function<void()> f) { s.state().closing = std::move(f); }

void stop_at_once(server& s) noexcept {
  if (s.state_) s.state_->stop();
}

}  // namespace detail

server::server(detail::server_state* state) noexcept : state_(state) { state_->retain(); }

server::~server() {
  if (!state_) return;
  // Once stopped, its owner has told of it, or waits for its end.
  if (state_->count > 0 && !state_->stopped)
    detail::report_destroyed(*this, state_->count, "connection");
  state_->stop();
  state_->release();
}

detail::server_state& server::state() const {
  if (!state_) throw usage_error("server: it has not been started");
  return *state_;
}

endpoint server::address() const { return state().addresses.front(); }
const std::vector<endpoint>& server::addresses() const { return state().addresses; }
std::size_t server::connections() const { return state().count; }

task<> server::serve_forever(delay grace) {
  detail::state_ref keep(&state());
  auto close = [&]() -> task<> { co_await detail::close_server(keep, grace); };
  co_await finally(detail::until_closed(keep), close);
}

task<> server::wait_closed() { return detail::until_closed(detail::state_ref(&state())); }

task<> server::close(delay grace) {
  return detail::close_server(detail::state_ref(&state()), grace);
}

}}  // namespace rondo::v0
