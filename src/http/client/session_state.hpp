// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
#include <memory>
#include <vector>

#include <rondo/http/cookie.hpp>
#include <rondo/http/session_options.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/sync/event.hpp>

#include "http/client/easy_handle.hpp"

namespace rondo::inline v0::http::detail {

struct transfer_state;

/// One libcurl multi handle, driven by the loop: its sockets watched, its timer
/// one of the loop's. libcurl must not be called from its own callbacks, and
/// nothing may be thrown through it, so those only note what they are told, and
/// what they failed at; that is attended to once libcurl has returned.
struct session_state : private rondo::detail::timer {
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
  field_list fields;  // of every request
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

  transfer_state* live_ = nullptr;
  transfer_state* noted_ = nullptr;
  CURLSH* share_ = nullptr;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> idle_;
  CURL* jar_ = nullptr;
};

}  // namespace rondo::inline v0::http::detail
