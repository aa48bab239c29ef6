// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Text of protocols: what it asks of characters is of ASCII, whatever the locale says.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace ascii {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_beyond(char c) noexcept { return static_cast<unsigned char>(c) >= 0x80; }
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

inline constexpr auto same_ignoring_case = [](char a, char b) noexcept {
  return lower(a) == lower(b);  // an object, for a function is called through its address
};
inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_ignoring_case);
}
inline std::size_t find_ignoring_case(std::string_view text, std::string_view part,
                                      std::size_t from = 0) noexcept {
  if (from > text.size()) return text.npos;
  auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                           part.begin(), part.end(), same_ignoring_case);
  return found == text.end() && !part.empty() ? text.npos
                                              : static_cast<std::size_t>(found - text.begin());
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// What URLs need not escape (RFC 3986, 2.3).
constexpr bool is_unreserved(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
/// The byte of the escape at text[at], a percent sign, or -1.
constexpr int escaped_byte(std::string_view text, std::size_t at) noexcept {
  if (at + 2 >= text.size()) return -1;
  int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// What HTTP calls optional white space (RFC 9110, 5.6.3).
inline constexpr std::string_view blanks = " \t";

/// Without those of `around` at its beginning and its end.
constexpr std::string_view trimmed(std::string_view text,
                                   std::string_view around = blanks) noexcept {
  std::size_t first = text.find_first_not_of(around);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(around) - first + 1);
}

}}}  // namespace rondo::v0::ascii
