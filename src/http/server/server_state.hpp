// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/http/server/server.hpp>

#include "http/server/connection_clock.hpp"
#include "http/server/http1_message.hpp"
#include "http/server/http1_reply.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// What the connections of a server share. Counted by the server and by each of them.
struct server_state {
  server_state(handler h, const server_options& o)
      : handle(std::move(h)), options(o), clock(options) {}
  server_state(const server_state&) = delete;
  server_state& operator=(const server_state&) = delete;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

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
  ~server_state() = default;

  std::vector<std::unique_ptr<http1_message>> spare_;
  detail::date_line date_line_;
  unsigned references_ = 1;
};

/// Keeps the state.
class state_ref {
 public:
  explicit state_ref(server_state& s) noexcept : state_(&s) { s.retain(); }
  state_ref(state_ref&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  state_ref& operator=(state_ref&&) = delete;
  ~state_ref() {
    if (state_) state_->release();
  }
  server_state& operator*() const noexcept { return *state_; }
  server_state* operator->() const noexcept { return state_; }

 private:
  server_state* state_;
};

}}}  // namespace rondo::v0::http::detail
