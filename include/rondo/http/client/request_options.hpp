// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <rondo/http/client/auth.hpp>
#include <rondo/http/client/retry_policy.hpp>
#include <rondo/http/client/timeouts.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/percent_encoding.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// How far a transfer has come, in bytes as they go over the wire.
struct transfer_progress {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  /// What is to be sent and received, if it is known.
  std::optional<std::uint64_t> to_send;
  std::optional<std::uint64_t> to_receive;
};

/// How to make a request; everything has a default. What is empty here is as the
/// session has it.
struct request_options {
  // Not an aggregate: g++ 12 destroys a braced aggregate in a co_await expression twice.
  request_options() {}

  /// Fields in addition to the session's, or in place of those with the same name.
  /// Content-Length and Transfer-Encoding are the body's own.
  http::headers headers;
  /// Appended to the URL's query, percent-encoded.
  form_fields params;
  /// Sent with those of the session's jar, to the host of the URL only.
  form_fields cookies;
  std::optional<http::auth> auth;
  std::optional<http::timeouts> timeouts;
  std::optional<retry_policy> retry;
  /// 0: redirects are responses like others.
  std::optional<int> max_redirects;
  /// The largest body that is collected in memory, unpacked.
  std::optional<std::size_t> max_body;
  /// Asks for compressed bodies, and unpacks them. Not done either when the request
  /// has an Accept-Encoding of its own, or a Range (a part of a compressed body cannot be
  /// unpacked): then the body is given as it comes.
  bool decompress = true;
  /// Called on the loop, between other tasks, when bytes have moved. What it throws
  /// fails the transfer. It must not wait, and not destroy the session.
  std::function<void(const transfer_progress&)> progress;
};

}}}  // namespace rondo::v0::http
