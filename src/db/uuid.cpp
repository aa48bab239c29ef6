// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/db/uuid.hpp>

#include <rondo/coro/errors.hpp>
#include "db/statement_text.hpp"
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace db {

uuid uuid::parse(std::string_view text) {
  uuid made;
  std::size_t digits = 0;
  std::string_view inner = text;
  if (inner.starts_with('{') && inner.ends_with('}')) inner = inner.substr(1, inner.size() - 2);
  bool good = !inner.starts_with('-') && !inner.ends_with('-');
  for (char c : inner) {
    if (c == '-') {
      good = good && digits % 4 == 0;
      continue;
    }
    int digit = ascii::hex_digit(c);
    if (digit < 0 || digits == 32) {
      good = false;
      break;
    }
    auto& byte = made.bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++digits;
  }
  if (!good || digits != 32)
    throw usage_error("db::uuid::parse: " + detail::quoted_text(text) + " is no UUID");
  return made;
}

std::string uuid::text() const {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

}}}  // namespace rondo::v0::db
