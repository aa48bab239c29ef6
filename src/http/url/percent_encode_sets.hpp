// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Which characters a part of a URL holds only percent-encoded (WHATWG URL, 1.3). Private.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace http::detail {

enum encode_set : unsigned char {
  fragment_set = 1,
  query_set = 2,  // the standard's special-query set: all schemes here are special
  path_set = 4,
  userinfo_set = 8,
  /// What RFC 3986, 2 allows nowhere, not even in a query. Not one of the standard's, whose
  /// URLs may hold some of it; a request's target may not (RFC 9112, 3.2).
  target_set = 16,
};

/// Of each byte, the sets that have it. Control characters and what is beyond ASCII are in all.
constexpr std::array<unsigned char, 256> make_encode_sets() {
  std::array<unsigned char, 256> sets{};
  for (unsigned c = 0; c < 256; ++c)
    if (c < 0x20 || c > 0x7e) sets[c] = 0xff;
  auto add = [&](std::string_view characters, unsigned set) {
    for (char c : characters) {
      auto& of_byte = sets[static_cast<unsigned char>(c)];
      of_byte = static_cast<unsigned char>(of_byte | set);
    }
  };
  add(" \"<>`", fragment_set);
  add(" \"#<>", query_set | path_set | userinfo_set);
  add("'", query_set);
  add("?^`{}", path_set | userinfo_set);
  add("/:;=@[\\]|", userinfo_set);
  add(" \"<>\\^`{|}", target_set);
  return sets;
}
inline constexpr std::array<unsigned char, 256> encode_sets = make_encode_sets();

inline bool in_set(char c, encode_set set) noexcept {
  return (encode_sets[static_cast<unsigned char>(c)] & set) != 0;
}

inline void append_encoded(std::string& to, char c) {
  constexpr char upper_hex[] = "0123456789ABCDEF";
  auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += upper_hex[byte >> 4];
  to += upper_hex[byte & 15];
}

/// UTF-8 percent-encode: an escape that the text already has stays.
inline void append_encoded(std::string& to, std::string_view text, encode_set set) {
  std::size_t done = 0;  // what may stand as it is, is appended in one piece
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!in_set(text[i], set)) continue;
    to.append(text, done, i - done);
    append_encoded(to, text[i]);
    done = i + 1;
  }
  to.append(text, done);
}

}}}  // namespace rondo::v0::http::detail
