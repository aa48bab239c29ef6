// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace rondo { inline namespace v0 {

/// The address of a socket: an IP address with a port, or the path of a Unix
/// socket. A plain value; an empty one names nothing.
class endpoint {
 public:
  endpoint() noexcept = default;
  /// What the kernel gives: sockaddr_in, sockaddr_in6 or sockaddr_un. Empty for
  /// other families.
  endpoint(const sockaddr* address, std::size_t length) noexcept;

  /// From a literal address: "127.0.0.1", "::1", "fe80::1%eth0". Empty for a name.
  static std::optional<endpoint> parse(std::string_view address, std::uint16_t port);
  /// A Unix socket: the path of its file, or, beginning with '@' or '\0', a name in
  /// Linux's abstract namespace, which has no file. ("./@x" is a file again.)
  /// Throws std::system_error when it is empty, too long (107 bytes) or a path
  /// with a null byte.
  static endpoint unix_path(std::string_view path);

  /// "127.0.0.1", "fe80::1%eth0", "/run/x.sock", "@abstract"; empty if it has none.
  std::string address() const;
  /// 0 for a Unix socket.
  std::uint16_t port() const noexcept;
  bool is_v6() const noexcept;
  bool is_unix() const noexcept;
  /// "127.0.0.1:80", "[::1]:80", "/run/x.sock", "@abstract"; "unix socket" for one
  /// without a name and "no address" when empty.
  std::string to_string() const;

  /// The same family, address, scope and port; or the same Unix name.
  friend bool operator==(const endpoint& a, const endpoint& b) noexcept;

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(bytes_); }
  unsigned size() const noexcept { return size_; }
  int family() const noexcept;

 private:
  std::string_view unix_name() const noexcept;

  alignas(8) unsigned char bytes_[110] = {};  // sockaddr_un, the largest
  unsigned size_ = 0;
};

}}  // namespace rondo::v0
