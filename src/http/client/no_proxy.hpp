// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo { inline namespace v0 { namespace http::detail {

/// The hosts that are reached without a proxy, as no_proxy lists them, separated by commas
/// or blanks:
///   example.com, .example.com, *.example.com   it and what is below it
///   192.0.2.1, ::1, [::1]                      an address, however it is written
///   10.0.0.0/8, fd00::/8                       a network
///   one of them and :8080                      only with that port ([::1]:8080)
///   *                                          all
class no_proxy_list {
 public:
  no_proxy_list() = default;
  explicit no_proxy_list(std::string_view text);

  /// host: as in a URL, IPv6 with or without brackets.
  bool contains(std::string_view host, std::string_view port) const;

 private:
  struct address {
    unsigned char bytes[16] = {};  // IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)
  };
  struct entry {
    std::string name;  // in lower case, without dots around it; empty: a network
    address net;
    unsigned prefix = 0;  // bits of net that count
    std::string port;     // empty: any
  };
  static bool parse_address(std::string_view text, address& to, bool& is_v4);
  static bool parse_network(std::string_view text, entry& to);
  void add(std::string_view item);

  std::vector<entry> entries_;
  bool all_ = false;
};

}}}  // namespace rondo::v0::http::detail
