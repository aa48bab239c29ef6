// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The opening handshake (RFC 6455, 4), as far as it is text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/http/message/headers.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

struct websocket_url {
  bool encrypted = false;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string authority;  // for Host: without a default port
  std::string target;     // path and query
};
/// As http::url reads it. Throws websocket_error that says what is wrong.
websocket_url parse_websocket_url(const std::string& text);

/// 16 random bytes in base64.
std::string make_key();
/// Whether a client may have sent it.
bool is_key(std::string_view key) noexcept;
/// What proves that the server has understood the key.
std::string accept_value(std::string_view key);

/// The value of a field that may be there once; null if it is not, or more than once.
const std::string* only_value(const headers& fields, std::string_view name);

struct handshake_response {
  int status = 0;
  http::headers headers;
};
/// head: all up to and with the empty line. Throws websocket_error named by url.
handshake_response parse_response(const std::string& url, std::string_view head);

}}}  // namespace rondo::v0::http::detail
