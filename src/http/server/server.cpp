// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/server.hpp>

#include <utility>

#include <rondo/coro/diagnostic.hpp>
#include <rondo/tls/connection.hpp>

#include "http/server/http1_connection.hpp"
#include "http/server/server_state.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace detail {

namespace {

struct accept_connection {
  state_ref state;
  RONDO_CORO_WRAPPER task<> operator()(stream client) const {
    return serve_connection(*state, std::move(client));
  }
};

struct begin_draining {
  state_ref state;
  void operator()() const {
    state->draining = true;
    state->clock.close_idle_connections();
  }
};

}  // namespace

task<http::server> start_server(handler h, std::string host, std::uint16_t port,
                                server_options options) {
  auto* state = new server_state(std::move(h), options);
  http::server result(state);
  rondo::detail::connection_handler accept = accept_connection{state_ref(state)};
  rondo::server_options listen;
  listen.backlog = options.backlog;
  listen.max_connections = options.max_connections;
  listen.reuse_port = options.reuse_port;
  result.listener_ =
      co_await rondo::detail::start_server(std::move(accept), std::move(host), port, listen);
  rondo::detail::set_on_close(result.listener_, begin_draining{state_ref(state)});
  co_return result;
}

task<http::server> start_tls_server(handler h, std::string host, std::uint16_t port,
                                    tls_context context, server_options options) {
  auto* state = new server_state(std::move(h), options);
  http::server result(state);
  rondo::detail::connection_handler accept = accept_connection{state_ref(state)};
  tls_server_options listen;
  listen.backlog = options.backlog;
  listen.max_connections = options.max_connections;
  listen.reuse_port = options.reuse_port;
  listen.handshake_timeout = options.handshake_timeout;
  listen.alpn_protocol = "http/1.1";  // whatever the context has for others
  result.listener_ = co_await rondo::detail::start_tls_server(std::move(accept), std::move(host),
                                                              port, std::move(context), listen);
  rondo::detail::set_on_close(result.listener_, begin_draining{state_ref(state)});
  co_return result;
}

}  // namespace detail

server::server(detail::server_state* state) noexcept : state_(state) { state_->retain(); }

server::~server() {
  if (!state_) return;
  state_->abandoned = true;
  if (state_->running > 0) rondo::detail::report_destroyed(listener_, state_->running, "request");
  rondo::detail::stop_at_once(listener_);
  state_->release();
}

detail::server_state& server::state() const {
  if (!state_) throw usage_error("http::server: it was not started");
  return *state_;
}

void server::set_access_log(access_log log) { state().log = std::move(log); }

}}}  // namespace rondo::v0::http
