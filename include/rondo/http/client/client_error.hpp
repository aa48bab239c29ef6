// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// What went wrong with a transfer.
enum class failure : unsigned char {
  bad_url,         ///< malformed, or a scheme that is not http or https
  unknown_host,    ///< the name of the host, or of the proxy, does not resolve
  connect,         ///< refused, unreachable
  tls,             ///< certificate or handshake
  timeout,         ///< of any kind
  cut,             ///< the connection ended before the response was whole
  malformed,       ///< what came is not HTTP, does not say clearly where it ends, is not
                   ///< compressed as it says, or is not JSON
  too_large,       ///< more than the caller allows
  status,          ///< raise_for_status: 400 and up
  redirects,       ///< more than allowed
  not_replayable,  ///< a redirect or authentication wants a streamed body again
  other,
  outside_base,  ///< a URL that leaves the session's base_url, and may not
};

/// A failed transfer. The text names the request and the cause; a password in
/// the URL is not shown.
class http_error : public error {
 public:
  http_error(const std::string& request, const std::string& cause, failure why, int status = 0)
      : error(request + ": " + cause), cause_at_(request.size() + 2), why_(why), status_(status) {}

  failure why() const noexcept { return why_; }
  /// The status of the response, 0 when there is none.
  int status() const noexcept { return status_; }
  /// The text without the request: "Connection refused".
  std::string_view cause() const noexcept { return std::string_view(what()).substr(cause_at_); }

 private:
  std::size_t cause_at_;
  failure why_;
  int status_;
};

}}}  // namespace rondo::v0::http
