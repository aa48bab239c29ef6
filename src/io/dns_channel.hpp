// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ares.h>
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <rondo/io/resolve.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// A c-ares channel, of one query.
class dns_channel {
 public:
  dns_channel() noexcept = default;
  dns_channel(const dns_channel&) = delete;
  dns_channel& operator=(const dns_channel&) = delete;
  ~dns_channel() { close(); }

  /// Gives the c-ares status.
  int open(ares_sock_state_cb on_socket, void* argument, const std::string& servers,
           const dns_options& how) noexcept {
    static const int library = ares_library_init(ARES_LIB_INIT_ALL);
    if (library != ARES_SUCCESS) return library;
    ares_options options{};
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = argument;
    constexpr std::int64_t ms = 1'000'000;
    // Within the whole time: c-ares gives what one address family was answered when the
    // other one's query has timed out, but (from 1.2x on) not when it is cancelled.
    std::int64_t timeout = std::min(how.timeout.count(), how.total.count() / 4 * 3);
    options.timeout = static_cast<int>(std::clamp<std::int64_t>(timeout / ms, 1, 3'600'000));
    options.tries = std::clamp(how.tries, 1, 100);
    int status = ares_init_options(&ares_, &options,
                                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status == ARES_SUCCESS && !servers.empty())
      status = ares_set_servers_ports_csv(ares_, servers.c_str());
    return status;
  }
  void close() noexcept {
    if (ares_) ares_destroy(std::exchange(ares_, nullptr));
  }
  explicit operator bool() const noexcept { return ares_ != nullptr; }
  ares_channel get() const noexcept { return ares_; }

 private:
  ares_channel ares_ = nullptr;
};

}}}  // namespace rondo::v0::detail
