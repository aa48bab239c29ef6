// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/message/percent_encoding.hpp>

#include <cstddef>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

void append_escaped(std::string& to, char c) {
  constexpr char digits[] = "0123456789ABCDEF";
  auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += digits[byte >> 4];
  to += digits[byte & 15];
}

std::string decode_form_part(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = text[i] == '%' ? ascii::escaped_byte(text, i) : -1;
    if (byte >= 0) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

void append_form_part(std::string& to, std::string_view text) {
  for (char c : text) {
    if (c == ' ') {
      to += '+';
    } else if (ascii::is_unreserved(c)) {
      to += c;
    } else {
      append_escaped(to, c);
    }
  }
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string result;
  result.reserve(text.size());
  for (char c : text) {
    if (ascii::is_unreserved(c) || keep.find(c) != keep.npos) {
      result += c;
    } else {
      append_escaped(result, c);
    }
  }
  return result;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::optional<std::string> result(std::in_place);
  result->reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      *result += text[i];
      continue;
    }
    int byte = ascii::escaped_byte(text, i);
    if (byte < 0) return std::nullopt;
    *result += static_cast<char>(byte);
    i += 2;
  }
  return result;
}

form_fields parse_form(std::string_view text) {
  form_fields fields;
  while (!text.empty()) {
    std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(pair.size() < text.size() ? pair.size() + 1 : pair.size());
    if (pair.empty()) continue;
    std::size_t equals = pair.find('=');
    std::string_view value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    fields.emplace_back(decode_form_part(pair.substr(0, equals)), decode_form_part(value));
  }
  return fields;
}

std::string encode_form(const form_fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!text.empty()) text += '&';
    append_form_part(text, name);
    text += '=';
    append_form_part(text, value);
  }
  return text;
}

}}}  // namespace rondo::v0::http
