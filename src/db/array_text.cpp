// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "db/array_text.hpp"

#include <charconv>
#include <string>
#include <system_error>

#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

template <class Number>
bool parsed(std::string_view text, Number& into) noexcept {
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), into);
  return problem == std::errc() && end == text.data() + text.size();
}

}  // namespace

value value_of_text(kind is, std::string_view text) noexcept {
  value made = value::of(is, text);
  switch (is) {
    case kind::boolean:
      if (text == "t" || text == "f") return value::of(text == "t");
      break;
    case kind::integer:
      if (std::int64_t number; parsed(text, number)) return value::of(number);
      break;
    case kind::real:
      if (double number; parsed(text, number)) return value::of(number);
      break;
    default:
      return made;
  }
  made.is = kind::text;
  return made;
}

bool for_each_element(std::string_view array, kind element,
                      rondo::detail::unique_function<void(const value&)>& f) {
  // Bounds that do not begin with 1 stand before it: [0:1]={a,b}.
  if (array.starts_with('[')) {
    std::size_t equals = array.find('=');
    if (equals == array.npos) return false;
    array.remove_prefix(equals + 1);
  }
  if (array.size() < 2 || array.front() != '{' || array.back() != '}') return false;
  std::string_view rest = array.substr(1, array.size() - 2);
  if (rest.empty()) return true;
  std::string unescaped;
  for (;;) {
    if (rest.starts_with('{')) {
      std::size_t depth = 0, at = 0;
      bool quoted = false;
      for (; at < rest.size(); ++at) {
        char c = rest[at];
        if (c == '\\') {
          ++at;
        } else if (c == '"') {
          quoted = !quoted;
        } else if (!quoted && c == '{') {
          ++depth;
        } else if (!quoted && c == '}' && --depth == 0) {
          break;
        }
      }
      if (at >= rest.size()) return false;
      value inner = value::of(kind::array, rest.substr(0, at + 1));
      inner.element = element;
      f(inner);
      rest.remove_prefix(at + 1);
    } else {
      bool quoted = rest.starts_with('"');
      unescaped.clear();
      std::size_t at = quoted ? 1 : 0;
      for (; at < rest.size() && (quoted ? rest[at] != '"' : rest[at] != ','); ++at) {
        if (rest[at] == '\\' && ++at == rest.size()) return false;
        unescaped += rest[at];
      }
      if (quoted && at++ >= rest.size()) return false;
      bool null = !quoted && ascii::equal_ignoring_case(unescaped, "NULL");
      if (!quoted && unescaped.empty()) return false;
      f(null ? value() : value_of_text(element, unescaped));
      rest.remove_prefix(at);
    }
    if (rest.empty()) return true;
    if (rest.front() != ',') return false;
    rest.remove_prefix(1);
  }
}

}}}}  // namespace rondo::v0::db::detail
