// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Private.
#pragma once

#include <string>

namespace rondo { inline namespace v0 { namespace html::detail {

constexpr char32_t replacement_character = 0xFFFD;

/// Surrogates, and what is beyond Unicode, become U+FFFD.
inline void append_utf8(std::string& to, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = replacement_character;
  auto tail = [&](int shift) { to += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}}}  // namespace rondo::v0::html::detail
