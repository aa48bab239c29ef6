// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "tls/openssl.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// A client's sessions by "host:port", the newest last. Each is used once, as
/// TLS 1.3 asks for (RFC 8446, appendix C.4).
class session_cache {
 public:
  void put(std::string_view host, ssl_session_ptr session) {
    std::size_t of_host = 0;
    for (const item& i : items_) of_host += i.host == host;
    if (of_host >= most_of_a_host) take(host, oldest);
    if (items_.size() >= most) items_.pop_front();
    items_.push_back({std::string(host), std::move(session)});
  }

  /// Null: there is none that can be resumed.
  ssl_session_ptr take(std::string_view host) {
    while (ssl_session_ptr session = take(host, newest))
      if (SSL_SESSION_is_resumable(session.get())) return session;
    return nullptr;
  }

  void clear() noexcept { items_.clear(); }

 private:
  static constexpr std::size_t most = 256;
  static constexpr std::size_t most_of_a_host = 4;
  enum which { oldest, newest };
  struct item {
    std::string host;
    ssl_session_ptr session;
  };

  ssl_session_ptr take(std::string_view host, which end) {
    auto found = items_.end();
    for (auto i = items_.begin(); i != items_.end(); ++i) {
      if (i->host != host) continue;
      found = i;
      if (end == oldest) break;
    }
    if (found == items_.end()) return nullptr;
    ssl_session_ptr session = std::move(found->session);
    items_.erase(found);
    return session;
  }

  std::deque<item> items_;
};

}}}  // namespace rondo::v0::detail
