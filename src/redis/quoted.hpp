// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// What a server or a user has given, for a message: in quotation marks, without control
/// characters, and not longer than a line.
inline std::string quoted(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string out = "\"";
  for (char c : text.substr(0, most)) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      out += hex;
    }
  }
  out += text.size() > most ? "\"…" : "\"";
  return out;
}

}}}}  // namespace rondo::v0::redis::detail
