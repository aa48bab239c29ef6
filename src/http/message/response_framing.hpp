// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rondo/coro/errors.hpp>
#include <rondo/http/message/headers.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// What came is not HTTP/1.1, or leaves open where it ends.
class framing_error : public error {
 public:
  using error::error;
};

struct status_line {
  int major = 0;
  int minor = 0;
  int status = 0;
};

/// "HTTP/1.1 200 OK", without its end; libcurl writes "HTTP/2 200" for HTTP/2.
std::optional<status_line> parse_status_line(std::string_view line) noexcept;

/// Where the body of a response ends (RFC 9112, 6.3).
struct body_framing {
  enum class end : unsigned char {
    none,        ///< there is no body
    length,      ///< after content_length bytes
    chunked,     ///< after the last chunk
    connection,  ///< with the connection
    stream,      ///< with the stream of HTTP/2
  };
  end by = end::none;
  /// As announced, also where no body follows.
  std::optional<std::uint64_t> content_length;
};

/// Throws framing_error for what two programs on the way could read differently: a
/// Content-Length that is no number, several that differ, one beside a Transfer-Encoding,
/// and a Transfer-Encoding that is not "chunked" (no other is ever asked for) or is in
/// HTTP/1.0.
body_framing framing_of(std::string_view method, const status_line& begin, const headers& fields);

}}}  // namespace rondo::v0::http::detail
