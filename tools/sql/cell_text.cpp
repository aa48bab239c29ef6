// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sql/cell_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include <rondo/db/detail/conversion.hpp>

namespace tool {

namespace {

using nlohmann::json;
using rondo::db::detail::cell;
using rondo::db::detail::kind;

std::string real_text(double v) {
  char text[32];
  return {text, std::to_chars(text, std::end(text), v).ptr};
}

std::string hexadecimal(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "\\x";
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

/// Of a column, or of the elements of an array.
bool has_type(const cell& c, std::string_view name) {
  std::string_view type = c.store.columns()[c.at].type;
  if (type.ends_with("[]")) type.remove_suffix(2);
  return type == name;
}

/// "NaN" and the infinities are numbers, but not of JSON.
bool is_decimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-") == text.npos;
}

std::string array_text(const cell& c) {
  std::string text = "[";
  rondo::db::detail::read_array(c, [&](const cell& element) {
    if (text.size() > 1) text += ',';
    text += json_text(element);
  });
  return text + "]";
}

}  // namespace

bool is_number(const cell& c) {
  kind is = c.what.is;
  return is == kind::integer || is == kind::real || (is == kind::text && has_type(c, "numeric"));
}

std::string plain_text(const cell& c) {
  switch (c.what.is) {
    case kind::null:
      return {};
    case kind::boolean:
      return c.what.boolean ? "true" : "false";
    case kind::integer:
      return std::to_string(c.what.integer);
    case kind::real:
      return real_text(c.what.real);
    case kind::blob:
      return hexadecimal(c.what.bytes);
    default:
      return std::string(c.what.bytes);
  }
}

std::string csv_text(const cell& c) {
  return c.what.is == kind::null ? std::string() : csv_string(plain_text(c));
}

std::string csv_string(std::string_view text) {
  if (!text.empty() && text.find_first_of("\",\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (char each : text) quoted.append(each == '"' ? 2 : 1, each);
  return quoted + '"';
}

std::string json_string(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string json_text(const cell& c) {
  std::string_view bytes = c.what.bytes;
  switch (c.what.is) {
    case kind::null:
      return "null";
    case kind::boolean:
    case kind::integer:
      return plain_text(c);
    case kind::real:
      return std::isfinite(c.what.real) ? plain_text(c) : json_string(plain_text(c));
    case kind::array:
      return array_text(c);
    case kind::text:
      // As the server has it: a double would not hold each of them.
      if (has_type(c, "numeric") && is_decimal(bytes)) return std::string(bytes);
      if (has_type(c, "json") || has_type(c, "jsonb")) {
        // Line breaks stand between its parts only, and would end ours.
        std::string line(bytes);
        std::replace_if(
            line.begin(), line.end(), [](char b) { return b == '\n' || b == '\r'; }, ' ');
        return line;
      }
      return json_string(bytes);
    default:
      return json_string(plain_text(c));
  }
}

}  // namespace tool
