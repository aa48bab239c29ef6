// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include <rondo/http/server/server.hpp>
#include <rondo/io/stream.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
class in_process_server;
}

/// A server without a port, for tests: what a session's requests are answered by, in this
/// process and loop, whatever their host. The bytes are those of the network; virtual time
/// works too.
///
///     http::session_options options;
///     options.served_by = http::in_process(site);
///     http::session client(options);
///     auto hello = co_await client.get("http://site/hello");
///
/// Of server_options max_connections, backlog, reuse_port and the handshake's time mean
/// nothing here, nor write_timeout and min_rate for replies. Make it inside of the run that uses
/// it. Only for http:// URLs. Copies are the same server; when the last one goes, it
/// ends as a server that is destroyed does: what the handler refers to must have outlived it.
class in_process {
 public:
  /// The handler as start_server takes it: one that cannot be copied, such as a router, and is
  /// given by its name is referred to.
  template <class F>
    requires request_handler<F>
  explicit in_process(F&& handler, server_options options = {})
      : in_process(detail::make_handler(std::forward<F>(handler)), options, 0) {
    detail::check_handler<F>();
  }

  /// Answers what comes on that stream, in a task of its own. Throws usage_error in another
  /// loop, and when it was moved away.
  void operator()(stream client) const;

 private:
  in_process(detail::handler h, server_options options, int);
  std::shared_ptr<detail::in_process_server> server_;
};

}}}  // namespace rondo::v0::http
