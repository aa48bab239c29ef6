// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/endpoint.hpp>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 {

namespace {

constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

std::uint32_t scope_of(const std::string& name) {
  std::uint32_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number;
  return ::if_nametoindex(name.c_str());
}

// An abstract name begins with a null byte; like Linux's own /proc/net/unix, '@'.
std::string printable(std::string_view unix_name) {
  std::string text(unix_name);
  std::replace(text.begin(), text.end(), '\0', '@');
  return text;
}

}  // namespace

static_assert(sizeof(sockaddr_un) == 110 && sizeof(sockaddr_in6) <= 110);

endpoint::endpoint(const sockaddr* address, std::size_t length) noexcept {
  if (length < sizeof(sa_family_t)) return;
  sa_family_t family;
  std::memcpy(&family, address, sizeof family);
  if (family == AF_INET    ? length < sizeof(sockaddr_in)
      : family == AF_INET6 ? length < sizeof(sockaddr_in6)
                           : family != AF_UNIX)
    return;
  // A path of 108 bytes has no room for its null byte: the kernel says 111.
  length = std::min(length, sizeof bytes_);
  std::memcpy(bytes_, address, length);
  size_ = static_cast<unsigned>(length);
}

std::optional<endpoint> endpoint::parse(std::string_view address, std::uint16_t port) {
  if (address.find('\0') != address.npos) return std::nullopt;
  std::string text(address);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return endpoint(reinterpret_cast<sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (std::size_t percent = text.find('%'); percent != text.npos) {
    v6.sin6_scope_id = scope_of(text.substr(percent + 1));
    if (v6.sin6_scope_id == 0) return std::nullopt;
    text.resize(percent);
  }
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return endpoint(reinterpret_cast<sockaddr*>(&v6), sizeof v6);
}

endpoint endpoint::unix_path(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  bool abstract = path.starts_with('@') || path.starts_with('\0');
  auto refuse = [&](int error, const char* why) {
    throw detail::errno_error(error, "unix socket " + printable(path) + ": " + why);
  };
  if (path.empty()) refuse(EINVAL, "the path is empty");
  if (path.size() >= sizeof address.sun_path)
    refuse(ENAMETOOLONG, ("it has " + std::to_string(path.size()) + " bytes of at most " +
                          std::to_string(sizeof address.sun_path - 1))
                             .c_str());
  if (!abstract && path.find('\0') != path.npos) refuse(EINVAL, "a null byte in the path");
  std::memcpy(address.sun_path, path.data(), path.size());
  if (abstract) address.sun_path[0] = '\0';
  // The length of an abstract name counts; a path ends with a null byte.
  std::size_t length = path_offset + path.size() + (abstract ? 0 : 1);
  return endpoint(reinterpret_cast<sockaddr*>(&address), length);
}

int endpoint::family() const noexcept { return size_ ? data()->sa_family : AF_UNSPEC; }
bool endpoint::is_v6() const noexcept { return family() == AF_INET6; }
bool endpoint::is_unix() const noexcept { return family() == AF_UNIX; }

std::uint16_t endpoint::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(bytes_)->sin_port);
  if (is_v6()) return ntohs(reinterpret_cast<const sockaddr_in6*>(bytes_)->sin6_port);
  return 0;
}

std::string_view endpoint::unix_name() const noexcept {
  if (size_ <= path_offset) return {};
  auto* name = reinterpret_cast<const char*>(bytes_) + path_offset;
  std::size_t room = size_ - path_offset;
  return {name, name[0] == '\0' ? room : ::strnlen(name, room)};
}

std::string endpoint::address() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(bytes_)->sin_addr, text,
                sizeof text);
  } else if (is_v6()) {
    auto* v6 = reinterpret_cast<const sockaddr_in6*>(bytes_);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    if (v6->sin6_scope_id != 0) {
      char name[IF_NAMESIZE];
      bool known = ::if_indextoname(v6->sin6_scope_id, name) != nullptr;
      return std::string(text) + "%" + (known ? name : std::to_string(v6->sin6_scope_id));
    }
  } else if (is_unix()) {
    return printable(unix_name());
  }
  return text;
}

std::string endpoint::to_string() const {
  if (size_ == 0) return "no address";
  std::string host = address();
  if (is_unix()) return host.empty() ? "unix socket" : host;
  if (is_v6()) host = "[" + host + "]";
  return host + ":" + std::to_string(port());
}

bool operator==(const endpoint& a, const endpoint& b) noexcept {
  if (a.family() != b.family() || a.port() != b.port()) return false;
  // Not all bytes count: padding, and where a path ends.
  switch (a.family()) {
    case AF_INET:
      return reinterpret_cast<const sockaddr_in*>(a.bytes_)->sin_addr.s_addr ==
             reinterpret_cast<const sockaddr_in*>(b.bytes_)->sin_addr.s_addr;
    case AF_INET6: {
      auto* x = reinterpret_cast<const sockaddr_in6*>(a.bytes_);
      auto* y = reinterpret_cast<const sockaddr_in6*>(b.bytes_);
      return x->sin6_scope_id == y->sin6_scope_id &&
             std::memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
    }
    case AF_UNIX:
      return a.unix_name() == b.unix_name();
    default:
      return true;
  }
}

}}  // namespace rondo::v0
