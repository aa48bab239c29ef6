// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/redis/client_options.hpp>
#include <rondo/tls/context.hpp>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// Where a server is and who we are there: what a URL says.
struct address {
  bool tls = false;
  std::string host;       // or
  std::string unix_path;  // one of both
  std::uint16_t port = 6379;
  std::string user;
  std::string password;
  unsigned database = 0;

  /// "127.0.0.1:6379", "/run/redis.sock": without the password.
  std::string text() const;
};

/// redis://[user[:password]@]host[:port][/database], rediss:// for TLS,
/// unix://[user[:password]@]/path[?db=database]. Throws usage_error, which does not show
/// what might be a password.
address parse_url(std::string_view url);

/// What all connections of a client have in common.
struct settings {
  address to;
  tls_context trust;  // empty: the loop's own
  client_options options;
  std::string name;  // options.name is not ours
};

}}}}  // namespace rondo::v0::redis::detail
