// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>

#include <rondo/http/client/client_error.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// Whether it may go better another time: a connection that failed, was cut or timed
/// out.
bool is_transient(failure why) noexcept;
/// The same of a status: 408, 429, 500, 502, 503, 504.
bool is_transient(int status) noexcept;

/// How long a response's Retry-After asks to wait, which gives seconds or a date (RFC
/// 9110, 10.2.3); 0 for a date that is over. Nothing when there is none, or it is
/// malformed.
std::optional<delay> retry_after(const headers& from);

/// When a failed request is made again: after what is transient, at most `retries` times.
///
/// The waits double from first_wait to longest_wait, and each is a random part of
/// that, at least half, so that clients that failed together do not come back
/// together. A Retry-After of the server counts instead, up to longest_retry_after;
/// who is told to wait longer does not retry.
struct retry_policy {
  int retries = 0;
  delay first_wait = std::chrono::milliseconds(500);
  delay longest_wait = std::chrono::seconds(30);
  delay longest_retry_after = std::chrono::seconds(60);
  /// Also methods that are not idempotent (POST, PATCH): the server may then do
  /// what they ask for twice (RFC 9110, 9.2.2).
  bool any_method = false;

  /// How long to wait after that many failures (1 is the first), unless the server
  /// asks for another time. Random: two calls differ.
  delay wait_after(int failures) const;
};
static_assert(std::is_trivially_destructible_v<retry_policy>);

}}}  // namespace rondo::v0::http
