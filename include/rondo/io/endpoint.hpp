// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace rondo::inline v0 {

/// An IP address with a port.
class endpoint {
 public:
  endpoint() noexcept = default;
  endpoint(const sockaddr* address, std::size_t length) noexcept;

  /// From a literal address: "127.0.0.1", "::1", "fe80::1%eth0". Empty for a name.
  static std::optional<endpoint> parse(std::string_view address, std::uint16_t port);

  /// "127.0.0.1" or "::1".
  std::string address() const;
  std::uint16_t port() const noexcept;
  bool is_v6() const noexcept;
  /// "127.0.0.1:80", "[::1]:80".
  std::string to_string() const;

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(bytes_); }
  unsigned size() const noexcept { return size_; }
  int family() const noexcept;

 private:
  alignas(8) unsigned char bytes_[28] = {};  // sockaddr_in6
  unsigned size_ = 0;
};

}  // namespace rondo::inline v0
