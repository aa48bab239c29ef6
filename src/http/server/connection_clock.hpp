// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <rondo/detail/list.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 { namespace http {
struct server_options;
}}}  // namespace rondo::v0::http

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

/// A connection as the clock sees it: always in the list of its phase.
class timed_connection : public rondo::detail::list_link<timed_connection> {
 public:
  timed_connection() = default;
  timed_connection(const timed_connection&) = delete;
  timed_connection& operator=(const timed_connection&) = delete;

  /// The phase has lasted as long as it may: it enters one, maybe the same. Called from the
  /// loop, outside of tasks.
  virtual void expired() noexcept = 0;
  /// The server closes: ends it if no request runs.
  virtual void close_if_idle() noexcept = 0;

 protected:
  ~timed_connection() = default;
  phase current_phase() const noexcept { return phase_; }

 private:
  friend class connection_clock;
  std::int64_t deadline_ = 0;
  phase phase_ = phase::idle;
};

/// Limits the phases of a server's connections in time. All of a phase have the same, so
/// each phase has its connections in the order of their deadlines: entering one is
/// appending, and one timer serves all.
class connection_clock {
 public:
  explicit connection_clock(const server_options& options);
  connection_clock(const connection_clock&) = delete;
  connection_clock& operator=(const connection_clock&) = delete;
  ~connection_clock();

  std::int64_t now_ns() const noexcept { return loop_.now_ns(); }
  /// It is idle, and is removed before it dies.
  void add(timed_connection& c) noexcept { append(c, phase::idle); }
  void remove(timed_connection& c) noexcept { c.unlink(); }
  /// Begins a phase anew.
  void enter(timed_connection& c, phase p) noexcept {
    remove(c);
    append(c, p);
  }
  void close_idle_connections() noexcept;

 private:
  struct phase_list : rondo::detail::list<timed_connection> {
    std::int64_t limit = 0;
  };
  struct alarm : rondo::detail::timer {
    connection_clock* of = nullptr;
  };
  void append(timed_connection& c, phase p) noexcept;
  void arm(std::int64_t when) noexcept;
  void look() noexcept;
  phase_list& list_of(phase p) noexcept { return lists_[static_cast<unsigned>(p)]; }

  phase_list lists_[static_cast<unsigned>(phase::count)];
  alarm alarm_;
  loop& loop_;
};

}}}  // namespace rondo::v0::http::detail
