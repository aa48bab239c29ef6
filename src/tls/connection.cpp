// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/tls/connection.hpp>

#include <openssl/crypto.h>
#include <memory>

#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/detail/node.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/exec/to_thread.hpp>
#include <rondo/loop/loop.hpp>
#include "io/stream_handshake.hpp"

#include "detail/duration_text.hpp"
#include "tls/context_state.hpp"
#include "tls/filter.hpp"

namespace rondo { inline namespace v0 {

namespace {

/// The context of a loop for those who bring none; empty until one is asked for.
struct default_context {
  explicit default_context(loop&) {}
  tls_context client;
};

// A thread reads the system's certificates, which takes some tens of milliseconds.
task<tls_context> loops_own_context() {
  auto& own = loop::current().local<default_context>();
  if (!own.client) {
    auto load = [] {
      // What OpenSSL keeps for this thread may outlive OpenSSL at the process's exit.
      struct stop {
        ~stop() { OPENSSL_thread_stop(); }
      } at_the_end;
      return tls_context::client();
    };
    tls_context loaded = co_await to_thread(load);
    if (!own.client) own.client = std::move(loaded);  // else another task was quicker
  }
  co_return own.client;
}

std::string with_port(const std::string& host, std::uint16_t port) {
  if (port == 0) return host;
  bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

task<> do_handshake(detail::stream_core& core, delay limit) {
  detail::handshake_operation handshake(&core);
  auto done = co_await move_on_after(std::move(handshake), limit);
  if (!done)
    throw timeout_error("tls handshake with " + core.subject() + ": timed out after " +
                        detail::duration_text(limit.nanoseconds()));
}

task<> begin_tls(stream& s, tls_context context, std::string server_name, delay handshake_timeout,
                 std::string alpn) {
  if (!context) context = co_await loops_own_context();
  detail::stream_core* core = s.internal();
  if (!core || core->closed) throw usage_error("start_tls: the stream is not open");
  std::string what = "start_tls with " + core->subject();
  if (core->type == detail::stream_core::kind::pipe)
    throw usage_error(what + ": a pipe has one direction");
  if (core->filter) throw usage_error(what + ": it is encrypted already");
  if (core->active_reader() || core->output_busy())
    throw usage_error(what + ": another task uses the stream");
  if (core->output_ended) throw usage_error(what + ": its output has ended");
  detail::tls_context_state& state = context.state();
  if (!state.server) {
    if (server_name.empty() && state.verifies)
      throw usage_error(what + ": a client must name the server");
    if (!server_name.empty()) core->set_name(with_port(server_name, core->peer().port()));
  }
  auto filter =
      std::make_unique<detail::tls_filter>(context, server_name, core->subject(), std::move(alpn));
  endpoint peer = core->peer();
  try {
    core->set_filter(std::move(filter));
    co_await do_handshake(*core, handshake_timeout);
  } catch (const std::exception& e) {
    state.failed(peer, e);
    throw;
  }
}

}  // namespace

task<> start_tls(stream& s, tls_context context, std::string server_name, delay handshake_timeout) {
  return begin_tls(s, std::move(context), std::move(server_name), handshake_timeout, {});
}

namespace detail {

namespace {

/// What a server runs for each connection: the handshake, then the user's handler.
class tls_handler {
 public:
  tls_handler(connection_handler handler, tls_context context, const tls_server_options& options)
      : handler_(std::move(handler)),
        context_(std::move(context)),
        limit_(options.handshake_timeout) {
    if (!options.alpn_protocol.empty()) alpn_ = alpn_list({std::string(options.alpn_protocol)});
  }

  task<> operator()(stream s) {
    bool accepted = co_await accept(s);
    // A cancelled handler must not begin: what it refers to may be gone with the server.
    bool cancelled = this_thread_scheduler->current->cancel_requested();
    if (accepted && !cancelled) co_await handler_(std::move(s));
  }

 private:
  // A failure has been counted and told.
  task<bool> accept(stream& s) {
    try {
      co_await begin_tls(s, context_, {}, limit_, alpn_);
      co_return true;
    } catch (const std::system_error&) {
    } catch (const timeout_error&) {
    }
    co_return false;
  }

  connection_handler handler_;
  tls_context context_;
  delay limit_;
  std::string alpn_;
};

server_options listening(const tls_server_options& options) {
  return {.backlog = options.backlog,
          .max_connections = options.max_connections,
          .reuse_port = options.reuse_port,
          .no_delay = options.no_delay,
          .keep_alive = options.keep_alive};
}

void require_server_context(const char* who, const tls_context& context) {
  if (!context || !context.is_server())
    throw usage_error(std::string(who) + ": the context is not a server's");
}

}  // namespace

task<stream> open_tls_connection(std::string host, std::uint16_t port, tls_context context,
                                 connection_options connection, std::string server_name,
                                 delay handshake_timeout) {
  if (context && context.is_server())
    throw usage_error("open_tls_connection: the context is a server's");
  if (server_name.empty()) server_name = host;
  stream s = co_await open_connection(host, port, connection);
  co_await start_tls(s, context, server_name, handshake_timeout);
  co_return s;
}

task<server> start_tls_server(connection_handler handler, std::string host, std::uint16_t port,
                              tls_context context, tls_server_options options) {
  require_server_context("start_tls_server", context);
  connection_handler over_tls = tls_handler(std::move(handler), context, options);
  co_return co_await start_server(std::move(over_tls), std::move(host), port, listening(options));
}

task<server> start_tls_unix_server(connection_handler handler, std::string path,
                                   tls_context context, tls_server_options options) {
  require_server_context("start_tls_unix_server", context);
  connection_handler over_tls = tls_handler(std::move(handler), context, options);
  co_return co_await start_unix_server(std::move(over_tls), std::move(path), listening(options));
}

}  // namespace detail

}}  // namespace rondo::v0
