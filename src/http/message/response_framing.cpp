// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/message/response_framing.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

using ascii::is_digit;

/// A value that is repeated counts once (RFC 9110, 8.6).
std::optional<std::uint64_t> content_length_of(const headers& fields) {
  std::optional<std::uint64_t> length;
  for (const auto& [name, value] : fields) {
    if (!equal_ignoring_case(name, "Content-Length")) continue;
    std::string_view rest = value;
    for (bool last = false; !last;) {
      std::size_t comma = rest.find(',');
      last = comma == rest.npos;
      std::string_view item = ascii::trimmed(rest.substr(0, comma));
      if (!last) rest.remove_prefix(comma + 1);
      std::uint64_t number = 0;
      auto [end, problem] = std::from_chars(item.data(), item.data() + item.size(), number);
      bool is_number = !item.empty() && std::all_of(item.begin(), item.end(), is_digit);
      if (!is_number || problem != std::errc() || number > INT64_MAX)
        throw framing_error("the response has a malformed Content-Length '" + value + "'");
      if (length && *length != number)
        throw framing_error("the response has two different values of Content-Length");
      length = number;
    }
  }
  return length;
}

}  // namespace

std::optional<status_line> parse_status_line(std::string_view line) noexcept {
  if (!line.starts_with("HTTP/")) return std::nullopt;
  line.remove_prefix(5);
  status_line s;
  if (line.empty() || !is_digit(line[0])) return std::nullopt;
  s.major = line[0] - '0';
  line.remove_prefix(1);
  if (line.size() >= 2 && line[0] == '.' && is_digit(line[1])) {
    s.minor = line[1] - '0';
    line.remove_prefix(2);
  } else if (s.major < 2) {
    return std::nullopt;
  }
  bool has_status = line.size() >= 4 && line[0] == ' ' &&
                    std::all_of(line.begin() + 1, line.begin() + 4, is_digit) &&
                    (line.size() == 4 || line[4] == ' ');
  if (!has_status) return std::nullopt;
  s.status = (line[1] - '0') * 100 + (line[2] - '0') * 10 + (line[3] - '0');
  if (s.status < 100) return std::nullopt;
  return s;
}

body_framing framing_of(std::string_view method, const status_line& begin, const headers& fields) {
  using end = body_framing::end;
  body_framing f;
  // These end with their header, whatever it says.
  if (begin.status < 200 || begin.status == 204) return f;
  f.content_length = content_length_of(fields);
  bool has_coding = false;
  if (begin.major < 2) {
    for (const auto& [name, value] : fields) {
      if (!equal_ignoring_case(name, "Transfer-Encoding")) continue;
      if (begin.minor == 0) throw framing_error("a response of HTTP/1.0 has a Transfer-Encoding");
      if (has_coding || !equal_ignoring_case(value, "chunked"))
        throw framing_error("the response has a Transfer-Encoding '" + value +
                            "', other than 'chunked' alone");
      has_coding = true;
    }
    // One of the two is not meant for us: somebody may have smuggled it in (RFC 9112, 6.3).
    if (has_coding && f.content_length)
      throw framing_error("the response has both Transfer-Encoding and Content-Length");
  }
  if (method == "HEAD" || begin.status == 304) return f;
  if (begin.major >= 2) {
    f.by = end::stream;
  } else if (has_coding) {
    f.by = end::chunked;
  } else {
    f.by = f.content_length ? end::length : end::connection;
  }
  return f;
}

}}}  // namespace rondo::v0::http::detail
