// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "html/query_encoder.hpp"

#include <iconv.h>
#include <algorithm>
#include <array>
#include <cstdint>

#include "html/decoder.hpp"
#include "html/utf8.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

namespace {

class encoder {
 public:
  explicit encoder(const char* to) : handle_(::iconv_open(to, "UTF-8")) {}
  encoder(const encoder&) = delete;
  encoder& operator=(const encoder&) = delete;
  ~encoder() {
    if (is_there()) ::iconv_close(handle_);
  }

  bool is_there() const noexcept { return handle_ != reinterpret_cast<iconv_t>(-1); }
  /// Empty if the encoding does not have that character.
  std::string operator()(std::string_view character) {
    std::array<char, 32> buffer;
    auto* from = const_cast<char*>(character.data());  // iconv only reads there
    std::size_t left = character.size(), room = buffer.size();
    char* to = buffer.data();
    ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    // Neither may it be replaced by another one, which counts as done.
    if (::iconv(handle_, &from, &left, &to, &room) != 0) return {};
    if (::iconv(handle_, nullptr, nullptr, &to, &room) != 0) return {};
    return {buffer.data(), to};
  }

 private:
  iconv_t handle_;
};

void append_escaped(std::string& to, std::string_view bytes) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7F && c != '#' && c != '&' && c != ';') {
      to += c;
    } else {
      ((to += '%') += digits[byte >> 4]) += digits[byte & 15];
    }
  }
}

}  // namespace

std::string with_encoded_query(const encoding& page, std::string_view reference) {
  std::size_t begin = reference.find('?'), end = std::min(reference.find('#'), reference.size());
  auto is_beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  std::string result(reference);
  if (begin >= end || !*page.table) return result;
  std::string_view query = reference.substr(begin, end - begin);
  if (std::none_of(query.begin(), query.end(), is_beyond_ascii)) return result;
  encoder encode(page.table);
  if (!encode.is_there()) return result;
  result.resize(begin);
  while (!query.empty()) {
    std::size_t size = 1;
    char32_t character = first_of_utf8(query, size);
    std::string_view taken = query.substr(0, size);
    query.remove_prefix(size);
    if (!is_beyond_ascii(taken[0])) {
      result += taken;
      continue;
    }
    if (character == 0) character = replacement_character;
    std::string bytes = encode(taken);
    if (bytes.empty()) bytes = "&#" + std::to_string(static_cast<std::uint32_t>(character)) + ";";
    append_escaped(result, bytes);
  }
  return result += reference.substr(end);
}

}}}  // namespace rondo::v0::html::detail
