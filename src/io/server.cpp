// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/server.hpp>

#include <cerrno>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>

#include <rondo/compose/wait.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/io/detail/socket.hpp>
#include <rondo/io/resolve.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/semaphore.hpp>

namespace rondo::inline v0 {

namespace detail {

/// Counted by the server and by every task of it, since destroying a server
/// cannot wait for them.
struct server_state {
  server_state(connection_handler h, int fd, std::size_t connections)
      : handler(std::move(h)), address(local_endpoint(fd)), slots(connections) {}

  connection_handler handler;
  endpoint address;
  semaphore slots;
  event closed;
  event idle;  // no connection is left, after closing
  task_handle<> acceptor;
  struct connection {
    task_handle<> task;
    connection* next = nullptr;
    connection* previous = nullptr;
  };
  connection* connections = nullptr;
  std::size_t count = 0;
  unsigned references = 1;

  void retain() { ++references; }
  void release() {
    if (--references == 0) delete this;
  }
  void stop_listening() {
    if (closed.is_set()) return;
    closed.set();
    if (count == 0) idle.set();
    if (acceptor) acceptor.cancel();
  }
  void cancel_connections() {
    for (connection* c = connections; c; c = c->next) c->task.cancel();
  }
};

namespace {

class state_ref {
 public:
  explicit state_ref(server_state& s) : state_(s) { s.retain(); }
  state_ref(const state_ref& other) : state_ref(other.state_) {}
  state_ref& operator=(const state_ref&) = delete;
  ~state_ref() { state_.release(); }
  server_state& operator*() const { return state_; }

 private:
  server_state& state_;
};

/// A connection is in the server's list from its acceptance on, before its task
/// has started, so that closing the server reaches every one.
class listed {
 public:
  explicit listed(server_state& s) : state_(s) {
    server_state::connection& c = entry;
    c.next = s.connections;
    if (s.connections) s.connections->previous = &c;
    s.connections = &c;
    ++s.count;
  }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;
  ~listed() {
    server_state::connection& c = entry;
    (c.previous ? c.previous->next : state_.connections) = c.next;
    if (c.next) c.next->previous = c.previous;
    if (--state_.count == 0 && state_.closed.is_set()) state_.idle.set();
  }

  server_state::connection entry;

 private:
  server_state& state_;
};

// The arguments keep the state and the slot, also before the task has started.
task<> serve_connection(state_ref state, std::unique_ptr<listed> in_list, stream connection,
                        semaphore::permit slot) {
  static_cast<void>(in_list);
  static_cast<void>(slot);
  server_state& s = *state;
  std::string peer = connection.peer().to_string();
  try {
    co_await s.handler(std::move(connection));
  } catch (const std::exception&) {
    report({problem::exception_not_retrieved,
            "the handler of the connection from " + peer +
                " failed: " + rondo::describe(std::current_exception()),
            std::current_exception()});
  }
}

// Owns the listener: it closes with this coroutine, even with one never started.
task<> accept_loop(state_ref state, socket_guard listener) {
  server_state& s = *state;
  for (;;) {
    semaphore::permit slot = co_await s.slots.acquire();
    plain_io_operation accept(opcode::accept, listener.get(), "accept");
    accept.flags = accept_flags();
    std::int64_t fd = co_await accept;
    if (fd >= 0) {
      stream connection(new stream_core(static_cast<int>(fd), peer_endpoint(static_cast<int>(fd))));
      if (s.closed.is_set()) co_return;  // it came before the cancellation: too late all the same
      auto in_list = std::make_unique<listed>(s);
      server_state::connection& entry = in_list->entry;
      entry.task = create_task(serve_connection(state, std::move(in_list), std::move(connection),
                                                std::move(slot)));
    } else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
      // The connection stays in the kernel's queue: trying at once would spin.
      co_await sleep(std::chrono::milliseconds(100));
    } else if (fd != -ECONNABORTED && fd != -EINTR && fd != -EPROTO && fd != -EPERM) {
      throw std::system_error(static_cast<int>(-fd), std::generic_category(),
                              "accept on " + s.address.to_string());
    }
  }
}

int listen_on(const endpoint& address, const server_options& options) {
  socket_guard socket(make_tcp_socket(address.family()));
  int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options.reuse_port) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(socket.get(), address.data(), address.size()) != 0 ||
      ::listen(socket.get(), options.backlog) != 0)
    throw std::system_error(errno, std::generic_category(), "listen on " + address.to_string());
  return socket.release();
}

}  // namespace

task<server> start_server(connection_handler handler, std::string host, std::uint16_t port,
                          server_options options) {
  if (host.empty()) host = "0.0.0.0";
  std::vector<endpoint> addresses = co_await resolve(host, port);
  if (addresses.empty())
    throw std::system_error(std::make_error_code(std::errc::address_not_available),
                            "listen on " + host);
  socket_guard listener(listen_on(addresses.front(), options));
  auto* state = new server_state(std::move(handler), listener.get(), options.max_connections);
  server result(state);
  state->acceptor = create_task(accept_loop(state_ref(*state), std::move(listener)),
                                "accept " + state->address.to_string());
  co_return result;
}

}  // namespace detail

server::~server() {
  if (!state_) return;
  state_->stop_listening();
  state_->cancel_connections();
  state_->release();
}

detail::server_state& server::state() const {
  if (!state_) throw usage_error("server: it was not started");
  return *state_;
}

endpoint server::address() const { return state().address; }
std::size_t server::connections() const { return state().count; }

task<> server::serve_forever() {
  detail::server_state& s = state();
  detail::state_ref keep(s);  // the server object may be destroyed meanwhile
  co_await wait(s.acceptor);
  if (std::exception_ptr error = s.acceptor.exception()) std::rethrow_exception(error);
}

task<> server::close(delay grace) {
  detail::server_state& s = state();
  detail::state_ref keep(s);  // the server object may be destroyed meanwhile
  s.stop_listening();
  co_await wait(s.acceptor);  // then the port is free
  auto drained = co_await move_on_after(s.idle.wait(), grace);
  if (!drained) {
    s.cancel_connections();
    co_await s.idle.wait();
  }
}

}  // namespace rondo::inline v0
