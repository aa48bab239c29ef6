// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/endpoint.hpp>

#include <arpa/inet.h>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace rondo::inline v0 {

static_assert(sizeof(sockaddr_in6) == 28);

endpoint::endpoint(const sockaddr* address, std::size_t length) noexcept {
  if (length > sizeof bytes_) return;
  std::memcpy(bytes_, address, length);
  size_ = static_cast<unsigned>(length);
}

std::optional<endpoint> endpoint::parse(std::string_view address, std::uint16_t port) {
  std::string text(address);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return endpoint(reinterpret_cast<sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (std::size_t percent = text.find('%'); percent != text.npos) {
    v6.sin6_scope_id = ::if_nametoindex(text.c_str() + percent + 1);
    if (v6.sin6_scope_id == 0) return std::nullopt;
    text.resize(percent);
  }
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return endpoint(reinterpret_cast<sockaddr*>(&v6), sizeof v6);
}

int endpoint::family() const noexcept { return size_ ? data()->sa_family : AF_UNSPEC; }
bool endpoint::is_v6() const noexcept { return family() == AF_INET6; }

std::uint16_t endpoint::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(bytes_)->sin_port);
  if (is_v6()) return ntohs(reinterpret_cast<const sockaddr_in6*>(bytes_)->sin6_port);
  return 0;
}

std::string endpoint::address() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(bytes_)->sin_addr, text, sizeof text);
  } else if (is_v6()) {
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(bytes_)->sin6_addr, text,
                sizeof text);
  }
  return text;
}

std::string endpoint::to_string() const {
  std::string host = is_v6() ? "[" + address() + "]" : address();
  return host + ":" + std::to_string(port());
}

}  // namespace rondo::inline v0
