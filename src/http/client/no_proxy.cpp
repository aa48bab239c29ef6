// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/no_proxy.hpp"

#include <arpa/inet.h>
#include <algorithm>
#include <charconv>
#include <cstring>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return result;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::string_view without_dots(std::string_view name) {
  while (name.starts_with('.')) name.remove_prefix(1);
  while (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

std::string_view without_brackets(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

bool no_proxy_list::parse_address(std::string_view text, address& to, bool& is_v4) {
  text = text.substr(0, text.find('%'));  // a zone
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.size() >= sizeof buffer) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  unsigned char v4[4];
  is_v4 = ::inet_pton(AF_INET, buffer, v4) == 1;
  if (!is_v4) return ::inet_pton(AF_INET6, buffer, to.bytes) == 1;
  std::memset(to.bytes, 0, 10);
  to.bytes[10] = to.bytes[11] = 0xff;
  std::memcpy(to.bytes + 12, v4, 4);
  return true;
}

bool no_proxy_list::parse_network(std::string_view text, entry& to) {
  std::size_t slash = text.find('/');
  bool is_v4 = false;
  if (!parse_address(without_brackets(text.substr(0, slash)), to.net, is_v4)) return false;
  unsigned bits = is_v4 ? 32 : 128;
  unsigned prefix = bits;
  if (slash != text.npos) {
    std::string_view number = text.substr(slash + 1);
    if (!is_number(number)) return false;
    auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), prefix);
    if (problem != std::errc() || prefix > bits) return false;
  }
  to.prefix = prefix + 128 - bits;
  return true;
}

void no_proxy_list::add(std::string_view item) {
  if (item == "*") {
    all_ = true;
    return;
  }
  entry e;
  if (parse_network(item, e)) {
    entries_.push_back(std::move(e));
    return;
  }
  std::size_t colon = item.rfind(':');
  if (colon != item.npos && is_number(item.substr(colon + 1))) {
    e.port = item.substr(colon + 1);
    item = item.substr(0, colon);
    if (parse_network(item, e)) {
      entries_.push_back(std::move(e));
      return;
    }
  }
  if (item.find('/') != item.npos || item.starts_with('[')) return;  // a network that is none
  if (item.starts_with("*.")) item.remove_prefix(1);
  e.name = lower(without_dots(item));
  if (!e.name.empty()) entries_.push_back(std::move(e));
}

no_proxy_list::no_proxy_list(std::string_view text) {
  constexpr std::string_view separators = ", \t\r\n";
  while (!text.empty()) {
    std::size_t begin = text.find_first_not_of(separators);
    if (begin == text.npos) break;
    text.remove_prefix(begin);
    std::string_view item = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(item.size());
    add(item);
  }
}

bool no_proxy_list::contains(std::string_view host, std::string_view port) const {
  if (all_) return true;
  if (entries_.empty()) return false;
  address is{};
  bool is_v4 = false;
  host = without_brackets(host);
  bool is_address = parse_address(host, is, is_v4);
  std::string name = lower(without_dots(host));
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& e) {
    if (!e.port.empty() && e.port != port) return false;
    if (e.name.empty()) {
      bool other_family = is_v4 && e.prefix < 96;
      if (!is_address || other_family) return false;
      unsigned whole = e.prefix / 8, rest = e.prefix % 8;
      if (std::memcmp(is.bytes, e.net.bytes, whole) != 0) return false;
      return rest == 0 || (is.bytes[whole] ^ e.net.bytes[whole]) >> (8 - rest) == 0;
    }
    if (is_address || !name.ends_with(e.name)) return false;
    return name.size() == e.name.size() || name[name.size() - e.name.size() - 1] == '.';
  });
}

}}}  // namespace rondo::v0::http::detail
