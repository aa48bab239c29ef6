// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/files/conditions.hpp"

#include <algorithm>

#include <rondo/http/message/date.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

void skip_space(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

using ascii::trimmed;

bool is_weak(std::string_view etag) { return etag.starts_with("W/"); }

std::string_view opaque(std::string_view etag) { return is_weak(etag) ? etag.substr(2) : etag; }

/// RFC 9110, 8.8.3.2.
bool strongly_equal(std::string_view a, std::string_view b) { return !is_weak(a) && a == b; }
bool weakly_equal(std::string_view a, std::string_view b) { return opaque(a) == opaque(b); }

/// Takes an entity tag from the front of a list; empty at its end, and at what is none.
std::string_view take_etag(std::string_view& list) {
  while (list.starts_with(' ') || list.starts_with('\t') || list.starts_with(','))
    list.remove_prefix(1);
  std::size_t quote = is_weak(list) ? 2 : 0;
  if (quote >= list.size() || list[quote] != '"') return {};
  std::size_t end = list.find('"', quote + 1);
  if (end == list.npos) return {};
  std::string_view tag = list.substr(0, end + 1);
  list.remove_prefix(end + 1);
  return tag;
}

template <class Equal>
bool any_tag(std::string_view list, const std::string& current, Equal equal) {
  if (trimmed(list) == "*") return true;
  for (;;) {
    std::string_view tag = take_etag(list);
    if (tag.empty()) return false;
    if (equal(tag, current)) return true;
  }
}

/// A number of any length, at most `most`.
std::optional<std::uint64_t> take_number(std::string_view& text, std::uint64_t most) {
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    auto digit = static_cast<std::uint64_t>(text[digits] - '0');
    bool too_large = digit > most || value > (most - digit) / 10;
    value = too_large ? most : value * 10 + digit;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

/// Whether the part that the client has is of the representation as it is now.
bool is_current(std::string_view if_range, const validators& current) {
  if (if_range.starts_with('"') || is_weak(if_range)) return strongly_equal(if_range, current.etag);
  auto date = parse_date(if_range);
  return date && current.modified && *date == *current.modified;  // 13.1.5: exactly
}

}  // namespace

std::string joined(const headers& fields, std::string_view name) {
  std::string all;
  bool first = true;
  for (const auto& [n, value] : fields) {
    if (!equal_ignoring_case(n, name)) continue;
    if (!first) all += ", ";
    all += value;
    first = false;
  }
  return all;
}

condition evaluate(const headers& fields, const validators& current) {
  if (fields.contains("If-Match")) {
    if (!any_tag(joined(fields, "If-Match"), current.etag, strongly_equal))
      return condition::failed;
  } else if (auto date = parse_date(joined(fields, "If-Unmodified-Since"))) {
    if (current.modified && *current.modified > *date) return condition::failed;
  }
  if (fields.contains("If-None-Match")) {
    bool same = any_tag(joined(fields, "If-None-Match"), current.etag, weakly_equal);
    return same ? condition::not_modified : condition::met;
  }
  auto since = parse_date(joined(fields, "If-Modified-Since"));
  bool same = since && current.modified && *current.modified <= *since;
  return same ? condition::not_modified : condition::met;
}

range_request wanted_range(const headers& fields, const validators& current, std::uint64_t size) {
  const range_request whole;
  std::string field = joined(fields, "Range");
  std::string_view text = trimmed(field);
  constexpr std::string_view unit = "bytes=";
  if (!equal_ignoring_case(text.substr(0, unit.size()), unit)) return whole;
  if (fields.contains("If-Range") && !is_current(trimmed(joined(fields, "If-Range")), current))
    return whole;
  text.remove_prefix(unit.size());
  skip_space(text);
  range_request wanted;
  wanted.kind = range_request::answer::part;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    auto last = take_number(text, size);
    if (!last || !text.empty()) return whole;
    if (size == 0 && *last == 0) return whole;  // all of nothing: no Content-Range can say that
    if (*last == 0) wanted.kind = range_request::answer::not_satisfiable;
    wanted.part = {size - *last, *last};
    return wanted;
  }
  constexpr std::uint64_t most = UINT64_MAX / 2;
  auto first = take_number(text, most);
  if (!first || !text.starts_with('-')) return whole;
  text.remove_prefix(1);
  auto last = text.empty() ? std::optional(most) : take_number(text, most);
  if (!last || !text.empty() || *last < *first) return whole;
  if (*first >= size) {
    wanted.kind = range_request::answer::not_satisfiable;
  } else {
    wanted.part = {*first, std::min(*last, size - 1) - *first + 1};
  }
  return wanted;
}

}}}  // namespace rondo::v0::http::detail
