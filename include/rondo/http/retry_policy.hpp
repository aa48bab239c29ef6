// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <rondo/loop/time.hpp>

namespace rondo::inline v0::http {

/// When a failed request is made again: after a connection that failed, was cut or
/// timed out, and after the statuses 408, 429, 500, 502, 503 and 504; at most
/// `retries` times.
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
};
static_assert(std::is_trivially_destructible_v<retry_policy>);

}  // namespace rondo::inline v0::http
