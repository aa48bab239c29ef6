// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
#include <memory>
#include <vector>

#include <rondo/detail/list.hpp>
#include <rondo/http/client/cookie.hpp>
#include <rondo/http/client/session_options.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/sync/event.hpp>

#include "http/client/easy_handle.hpp"
#include "http/client/no_proxy.hpp"
#include "http/client/own_listener.hpp"
#include "http/client/target.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

struct transfer_state;
struct live_transfer;   // their lists: of those that are there,
struct noted_transfer;  // and of those to be looked at

/// One libcurl multi handle, driven by the loop: its sockets watched, its timer
/// one of the loop's. libcurl must not be called from its own callbacks, and
/// nothing may be thrown through it, so those only note what they are told, and
/// what they failed at; that is attended to once libcurl has returned.
struct session_state : private rondo::detail::timer, rondo::detail::list_link<session_state> {
  session_state(loop& l, const session_options& options);
  /// The loop's own, for requests without a session.
  explicit session_state(loop& l);
  ~session_state();
  session_state(const session_state&) = delete;
  session_state& operator=(const session_state&) = delete;

  /// A handle that has what all requests of the session have.
  CURL* take_easy();
  /// changed: it has options of one request, which are to be forgotten.
  void give_easy(CURL* easy, bool changed) noexcept;

  /// Throws usage_error unless it is used in the loop that it was made in.
  void check_loop() const;
  /// For the loop's end: lets go of all that is the loop's. The session is of no use then.
  void close() noexcept;

  /// Whether a URL is reached without a proxy.
  bool bypasses_proxy(const std::string& url);
  /// How many transfers have a connection to a host, or make one.
  std::size_t started_to(const std::string& authority) const;

  /// Notes a socket that libcurl has made.
  void add_socket(curl_socket_t fd);
  /// Whether there is something to read, or the end, on the connection from that port.
  bool has_input(int local_port) noexcept;

  void start(transfer_state& t);
  void stop(transfer_state& t) noexcept;
  void remember(transfer_state& t) noexcept;
  void forget(transfer_state& t) noexcept;

  /// For callbacks: t is to be looked at when libcurl has returned.
  void note(transfer_state& t) noexcept;
  void attend() noexcept;

  std::vector<cookie> cookies();
  void set_cookie(const cookie& c);
  void clear_cookies();

  loop& event_loop;
  session_options options;
  field_list fields;                                          // of every request
  std::shared_ptr<event> closed = std::make_shared<event>();  // for requests that may outlive it

 private:
  void configure(CURL* easy);
  /// One that is in no transfer, for the jar.
  CURL* jar();
  void act(curl_socket_t fd, int events) noexcept;
  void set_timer(long ms) noexcept;
  void collect() noexcept;

  static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* watcher);
  static int on_timer(CURLM*, long ms, void* self);
  static int on_close_socket(void* self, curl_socket_t fd);
  static void on_close_notify(void* self, const void* tls) noexcept;

  struct open_socket {
    curl_socket_t fd;
    int local_port;  // 0: not known yet
  };

  rondo::detail::list<transfer_state, live_transfer> live_;
  bool open_ = false;
  std::unique_ptr<own_listener> own_;  // for session_options::served_by
  field_list connect_to_;
  std::vector<open_socket> sockets_;
  std::string no_proxy_text_;
  no_proxy_list no_proxy_;
  rondo::detail::list<transfer_state, noted_transfer> noted_;
  CURLSH* share_ = nullptr;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> idle_;
  CURL* jar_ = nullptr;
};

}}}  // namespace rondo::v0::http::detail
