// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/db/detail/parameters.hpp>

#include <charconv>

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

template <class Number>
void append_number(std::string& out, Number v) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
}

void append_hex(std::string& out, std::string_view bytes) {
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
}

/// Between the double quotes of an array's element: both forms escape with a backslash.
void append_quoted(std::string& out, std::string_view text, bool json) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (json && static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      append_hex(out, {&c, 1});
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

value parameters::at(std::size_t i) const noexcept {
  const item& it = items_[i];
  switch (it.is) {
    case kind::boolean:
      return value::of(it.integer != 0);
    case kind::integer:
      return value::of(it.integer);
    case kind::real:
      return value::of(it.real);
    case kind::text:
    case kind::blob:
      return value::of(it.is, std::string_view(bytes_).substr(it.begin, it.length));
    default:
      return {};
  }
}

void parameters::write_array(std::size_t array, array_form form, std::string& out) const {
  bool json = form == array_form::json;
  out += json ? '[' : '{';
  std::size_t end = after(array);
  for (std::size_t i = array + 1; i < end; i = after(i)) {
    if (i != array + 1) out += ',';
    value v = at(i);
    switch (items_[i].is) {
      case kind::null:
        out += json ? "null" : "NULL";
        break;
      case kind::boolean:
        out += v.boolean ? "true" : "false";
        break;
      case kind::integer:
        append_number(out, v.integer);
        break;
      case kind::real:
        append_number(out, v.real);
        break;
      case kind::array:
        write_array(i, form, out);
        break;
      case kind::blob: {
        std::string hex = json ? "" : "\\x";
        append_hex(hex, v.bytes);
        append_quoted(out, hex, json);
        break;
      }
      default:
        append_quoted(out, v.bytes, json);
    }
  }
  out += json ? ']' : '}';
}

}}}}  // namespace rondo::v0::db::detail
