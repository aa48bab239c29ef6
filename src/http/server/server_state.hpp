// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include <rondo/http/server/server.hpp>
#include <rondo/loop/loop.hpp>

#include "http/server/http1_message.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// What a connection is doing, as far as it is limited in time.
enum class phase : unsigned char {
  idle,       ///< between requests
  header,     ///< a part of a header has come
  body,       ///< the handler waits for a piece of the body
  work,       ///< the handler or the reply's own source is at work, for a moment yet
  long_work,  ///< the same, and somebody watches whether the client is there
  write,      ///< the client must take something of a reply
  upgraded,   ///< no HTTP any more
  count,
};

struct server_state;

/// A connection as the server's clock sees it: always in the list of its phase.
class timed_connection {
 public:
  explicit timed_connection(server_state& s);
  timed_connection(const timed_connection&) = delete;
  timed_connection& operator=(const timed_connection&) = delete;

  /// The phase has lasted as long as it may. Called from the loop, outside of tasks.
  virtual void expired() noexcept = 0;
  /// The server closes: ends it if no request runs.
  virtual void close_if_idle() noexcept = 0;

 protected:
  ~timed_connection();
  /// Begins a phase anew; whoever is in one is limited by it.
  void enter(phase p) noexcept;
  phase current_phase() const noexcept { return phase_; }

  server_state& server_;

 private:
  friend struct server_state;
  timed_connection* next_ = nullptr;
  timed_connection* previous_ = nullptr;
  std::int64_t deadline_ = 0;
  phase phase_ = phase::idle;
};

/// Counted by the server and by each connection.
struct server_state {
  server_state(handler h, const server_options& o);
  server_state(const server_state&) = delete;
  server_state& operator=(const server_state&) = delete;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  /// Runs the handler; whatever it throws becomes a reply.
  task<reply> respond(request& r);
  /// "Date: …\r\n" of now.
  std::string_view date_line();
  std::int64_t now_ns() const noexcept;
  void close_idle_connections() noexcept;

  /// What a request is read into. A connection that is idle has none.
  std::unique_ptr<http1_message> take_message();
  void give_back(std::unique_ptr<http1_message> m) noexcept;

  handler handle;
  const server_options options;
  access_log log;
  std::size_t running = 0;  ///< requests that a handler, or what it has made, is at
  bool draining = false;
  bool abandoned = false;  ///< the server is gone: nothing of its user's may be called

 private:
  friend class timed_connection;

  /// The connections of a phase in the order of their deadlines, since all of a phase
  /// have the same time: entering one is appending, and one timer serves all.
  struct list {
    timed_connection* first = nullptr;
    timed_connection* last = nullptr;
    std::int64_t limit = 0;
  };
  struct clock : rondo::detail::timer {
    server_state* of = nullptr;
  };
  ~server_state();
  void append(timed_connection& c, phase p) noexcept;
  void remove(timed_connection& c) noexcept;
  void arm(std::int64_t when) noexcept;
  void look() noexcept;
  list& list_of(phase p) noexcept { return lists_[static_cast<unsigned>(p)]; }

  list lists_[static_cast<unsigned>(phase::count)];
  clock clock_;
  loop& loop_;
  std::vector<std::unique_ptr<http1_message>> spare_;
  std::time_t dated_ = 0;
  char date_[48] = "";
  unsigned references_ = 1;
};

inline void timed_connection::enter(phase p) noexcept {
  server_.remove(*this);
  server_.append(*this, p);
}

}}}  // namespace rondo::v0::http::detail
