// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "redis/settings.hpp"

#include <charconv>
#include <optional>

#include <rondo/coro/errors.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw usage_error("redis::connect: " + why +
                    "; a URL is redis://[user:password@]host[:port][/database], rediss://… for "
                    "TLS, or unix://[user:password@]/path[?db=database]");
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    int byte = ascii::escaped_byte(text, i);
    if (byte < 0) refuse("a percent sign in the URL without two hexadecimal digits");
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

template <class N>
std::optional<N> number(std::string_view text) {
  N value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

unsigned database_number(std::string_view text) {
  if (text.empty()) return 0;
  auto n = number<unsigned>(text);
  if (!n) refuse("the URL's database is no number");
  return *n;
}

/// What stands before, or all; the rest, behind it, or nothing.
std::string_view cut(std::string_view& rest, char at) {
  std::size_t end = rest.find(at);
  std::string_view before = rest.substr(0, end);
  rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  return before;
}

void parse_host(std::string_view text, address& a) {
  std::string_view port;
  if (!text.empty() && text[0] == '[') {  // an IPv6 address
    std::size_t end = text.find(']');
    if (end == text.npos) refuse("the URL's host has no closing bracket");
    a.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ':') refuse("the URL's host is followed by no port");
    port = text.empty() ? text : text.substr(1);
  } else {
    a.host = unescaped(cut(text, ':'));
    port = text;
  }
  if (a.host.empty()) a.host = "localhost";
  if (port.empty()) return;
  auto n = number<std::uint16_t>(port);
  if (!n || *n == 0) refuse("the URL's port is no number from 1 to 65535");
  a.port = *n;
}

}  // namespace

std::string address::text() const {
  if (!unix_path.empty()) return unix_path;
  bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

address parse_url(std::string_view url) {
  address a;
  std::size_t colon = url.find("://");
  std::string scheme = ascii::lower(url.substr(0, colon == url.npos ? 0 : colon));
  if (scheme != "redis" && scheme != "rediss" && scheme != "unix")
    refuse("the URL begins with none of redis://, rediss:// and unix://");
  a.tls = scheme == "rediss";
  std::string_view rest = url.substr(colon + 3);
  std::string_view before_path = rest.substr(0, rest.find_first_of("/?"));
  if (std::size_t at = before_path.rfind('@'); at != rest.npos) {
    std::string_view user = before_path.substr(0, at);
    a.user = unescaped(cut(user, ':'));
    a.password = unescaped(user);
    rest.remove_prefix(at + 1);
  }
  std::string_view query = rest;
  std::string_view path = cut(query, '?');
  if (scheme == "unix") {
    a.unix_path = unescaped(path);
    if (a.unix_path.empty()) refuse("the URL names no socket");
  } else {
    parse_host(cut(path, '/'), a);
    a.database = database_number(path);
  }
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    if (cut(value, '=') != "db") refuse("the URL's only parameter is db");
    a.database = database_number(value);
  }
  return a;
}

}}}}  // namespace rondo::v0::redis::detail
