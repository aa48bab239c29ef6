// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// One event for a browser's EventSource (HTML standard, 9.2 "Server-sent events").
struct server_sent_event {
  server_sent_event() {}
  server_sent_event(std::string d, std::string name = {}, std::string i = {})  // NOLINT
      : data(std::move(d)), event(std::move(name)), id(std::move(i)) {}
  server_sent_event(const char* d) : data(d) {}  // NOLINT: implicit on purpose

  std::string data;   ///< UTF-8, of any number of lines; a browser gets LF for CR and CR LF
  std::string event;  ///< the name that addEventListener listens to; empty: "message"
  std::string id;     ///< what a client that reconnects sends as Last-Event-ID
  std::optional<delay> retry;  ///< after how long a client reconnects
};

/// The event as it is sent. Data cannot add fields or events of its own, whatever is in
/// it. Throws usage_error for a line break in event or id, and for NUL in id.
std::string to_text(const server_sent_event& event);

struct server_sent_events_options {
  /// A comment, which clients pass over, is sent after so long without an event: proxies
  /// keep the connection open, and a client that has gone without a word is noticed.
  delay ping = std::chrono::seconds(15);
};
static_assert(std::is_trivially_destructible_v<server_sent_events_options>);

/// The reply that sends a generator's events as they come:
///
///     rondo::async_generator<http::server_sent_event> ticks() {
///       for (int i = 0;; ++i) {
///         co_yield http::server_sent_event(std::to_string(i));
///         co_await rondo::sleep(1s);
///       }
///     }
///     site.get("/ticks", [](http::request&) { return http::server_sent_events(ticks()); });
///
/// A client that is slow to take events slows the generator down. When it goes away, the
/// generator is cancelled where it waits; so it is when the server closes. An event that
/// to_text refuses, or an exception of the generator, ends the connection and is reported
/// to the loop's exception handler.
reply server_sent_events(async_generator<server_sent_event> events,
                         server_sent_events_options options = {});

/// The id of the last event that a client had when its connection broke; empty if it had
/// none. What it sends is not to be trusted.
std::string_view last_event_id(const request& r) noexcept;

}}}  // namespace rondo::v0::http
