// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/detail/counted.hpp>
#include <rondo/http/server/server.hpp>

#include "http/server/connection_clock.hpp"
#include "http/server/http1_message.hpp"
#include "http/server/http1_reply.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// What the connections of a server share. Counted by the server and by each of them.
struct server_state : rondo::detail::counted<server_state> {
  server_state(handler h, const server_options& o)
      : handle(std::move(h)), options(o), clock(options) {}

  /// Runs the handler; whatever it throws becomes a reply.
  task<reply> respond(request& r);
  /// "Date: …\r\n" of now.
  std::string_view date_line() { return date_line_.at(std::time(nullptr)); }

  /// What a request is read into. A connection that is idle has none.
  std::unique_ptr<http1_message> take_message();
  void give_back(std::unique_ptr<http1_message> m) noexcept;

  handler handle;
  const server_options options;
  connection_clock clock;
  access_log log;
  std::size_t running = 0;  ///< requests that a handler, or what it has made, is at
  bool draining = false;
  bool abandoned = false;  ///< the server is gone: nothing of its user's may be called

 private:
  friend counted;
  ~server_state() = default;

  std::vector<std::unique_ptr<http1_message>> spare_;
  detail::date_line date_line_;
};

using state_ref = rondo::detail::ref<server_state>;

}}}  // namespace rondo::v0::http::detail
