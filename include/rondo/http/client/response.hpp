// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/http/client/client_error.hpp>
#include <rondo/http/message/headers.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// A response that has led elsewhere.
struct redirect_step {
  redirect_step() {}
  int status = 0;
  /// Where it came from; where it leads to is the next one's url, or the response's.
  std::string url;
  http::headers headers;
};

/// A whole response.
struct response {
  response() {}
  int status = 0;
  http::headers headers;
  std::string body;
  /// Where it came from, after redirects.
  std::string url;
  /// What was asked for.
  std::string method;
  /// "1.0", "1.1" or "2".
  std::string_view version;
  /// The redirects before it, in their order.
  std::vector<redirect_step> history;
  /// From the attempt's start to the body's end, with redirects; without waiting for a
  /// connection (timeouts::queue), and without the attempts that failed before.
  std::chrono::nanoseconds elapsed{};

  bool ok() const noexcept { return status >= 200 && status < 400; }
  /// Throws http_error for a status of 400 and up.
  void raise_for_status() const;
  /// The body as JSON. Throws http_error (malformed) when it is none.
  nlohmann::json json() const;
};

}}}  // namespace rondo::v0::http
