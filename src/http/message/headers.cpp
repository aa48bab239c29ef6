// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/message/headers.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include <rondo/coro/errors.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http {

// RFC 9110, 5.6.2
bool is_token(std::string_view s) noexcept {
  static constexpr auto table = [] {
    std::array<bool, 256> token{};
    for (char c = 'a'; c <= 'z'; ++c) token[static_cast<unsigned char>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) token[static_cast<unsigned char>(c)] = true;
    for (char c = '0'; c <= '9'; ++c) token[static_cast<unsigned char>(c)] = true;
    for (char c : std::string_view("!#$%&'*+-.^_`|~")) token[static_cast<unsigned char>(c)] = true;
    return token;
  }();
  return !s.empty() && std::all_of(s.begin(), s.end(),
                                   [](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view s) noexcept {
  // Eight bytes at a time, as long as none is a control character: each field of each
  // message comes here.
  constexpr std::uint64_t each = 0x0101010101010101;
  while (s.size() >= 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, s.data(), 8);
    std::uint64_t del = bytes ^ each * 0x7f;
    std::uint64_t below_space = (bytes - each * ' ') & ~bytes;
    std::uint64_t is_del = (del - each) & ~del;
    if (((below_space | is_del) & each * 0x80) != 0) break;
    s.remove_prefix(8);
  }
  return std::none_of(s.begin(), s.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' && byte != '\t') || byte == 0x7f;
  });
}

void check_header(std::string_view name, std::string_view value) {
  if (!is_token(name))
    throw usage_error("http::headers: '" + std::string(name) + "' is not a header name");
  if (is_field_value(value)) return;
  bool breaks = value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos;
  throw usage_error("http::headers: the value of '" + std::string(name) + "' holds " +
                    (breaks ? "a line break or NUL" : "a control character"));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return ascii::equal_ignoring_case(a, b);
}

void headers::add(std::string name, std::string value) {
  check_header(name, value);
  fields_.emplace_back(std::move(name), std::move(value));
}

void headers::set(std::string name, std::string value) {
  check_header(name, value);
  remove(name);
  fields_.emplace_back(std::move(name), std::move(value));
}

const std::string* headers::find(std::string_view name) const noexcept {
  for (const field& f : fields_)
    if (equal_ignoring_case(f.first, name)) return &f.second;
  return nullptr;
}

std::string_view headers::get(std::string_view name, std::string_view fallback) const noexcept {
  const std::string* found = find(name);
  return found ? std::string_view(*found) : fallback;
}

void headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const field& f) { return equal_ignoring_case(f.first, name); });
}

}}}  // namespace rondo::v0::http
