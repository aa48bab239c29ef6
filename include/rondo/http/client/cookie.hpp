// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace rondo { inline namespace v0 { namespace http {

/// A cookie in a session's jar (RFC 6265).
struct cookie {
  cookie() {}
  std::string name;
  std::string value;
  /// The host that it is sent to.
  std::string domain;
  /// Also to the hosts below the domain.
  bool subdomains = false;
  std::string path = "/";
  /// Only over https.
  bool secure = false;
  /// Seconds since 1970; 0: when the session ends.
  std::int64_t expires = 0;
};

}}}  // namespace rondo::v0::http
