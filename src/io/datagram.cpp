// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/datagram.hpp>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <vector>

#include <rondo/io/resolve.hpp>
#include "detail/errno_error.hpp"
#include "io/datagram_core.hpp"
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 {

namespace detail { namespace {

void set_option(int fd, int level, int option, const void* value, socklen_t size,
                const std::string& what) {
  if (::setsockopt(fd, level, option, value, size) != 0) throw errno_error(errno, what);
}
void set_option(int fd, int level, int option, int value, const std::string& what) {
  set_option(fd, level, option, &value, sizeof value, what);
}

datagram_core* make_core(int family, const datagram_options& options) {
  // The flags that this loop's backend wants are the same for all sockets.
  socket_guard socket(::socket(family, SOCK_DGRAM | static_cast<int>(accept_flags()), 0));
  if (socket.get() < 0) throw errno_error(errno, "socket");
  if (options.broadcast) set_option(socket.get(), SOL_SOCKET, SO_BROADCAST, 1, "set broadcast");
  if (options.reuse_port) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1, "set reuse_port");
  if (options.receive_buffer > 0)
    set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, options.receive_buffer, "set receive_buffer");
  if (options.send_buffer > 0)
    set_option(socket.get(), SOL_SOCKET, SO_SNDBUF, options.send_buffer, "set send_buffer");
  // Linux gives a socket what comes for groups that *others* have joined, too, unless
  // told not to (ip(7)).
  if (family == AF_INET)
    set_option(socket.get(), IPPROTO_IP, IP_MULTICAST_ALL, 0, "set multicast all");
#ifdef IPV6_MULTICAST_ALL
  if (family == AF_INET6)
    set_option(socket.get(), IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0, "set multicast all");
#endif
  auto* core = new datagram_core(socket.get(), family);
  socket.release();
  return core;
}

/// Owns a core until it is in a datagram_socket: binding may fail.
datagram_socket make_datagram_socket(int family, const datagram_options& options,
                                     datagram_core*& core) {
  core = make_core(family, options);
  return datagram_socket(core);
}

datagram_socket bind_to(const endpoint& local, const datagram_options& options) {
  datagram_core* core;
  datagram_socket socket = make_datagram_socket(local.family(), options, core);
  if (::bind(core->fd, local.data(), local.size()) != 0)
    throw errno_error(errno, "bind " + local.to_string());
  core->file = unix_socket_file(local);
  return socket;
}

unsigned interface_index(std::string_view name) {
  if (name.empty()) return 0;
  std::string text(name);
  unsigned index = ::if_nametoindex(text.c_str());
  if (index == 0) throw errno_error(errno, "interface " + text);
  return index;
}

const datagram_core& opened(const datagram_core* core) {
  if (!core) throw usage_error("datagram_socket: it is not open");
  return *core;
}

void change_membership(const datagram_core* core, const char* what, bool join,
                       std::string_view group, std::string_view interface) {
  const datagram_core& c = opened(core);
  std::string subject = what + (" " + std::string(group));
  auto address = endpoint::parse(group, 0);
  if (!address || address->family() != c.family)
    throw errno_error(EINVAL, subject + ": not an address of this socket's family");
  auto index = static_cast<int>(interface_index(interface));
  if (address->is_v6()) {
    ipv6_mreq request{};
    request.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6*>(address->data())->sin6_addr;
    request.ipv6mr_interface = static_cast<unsigned>(index);
    set_option(c.fd, IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, &request,
               sizeof request, subject);
  } else {
    ip_mreqn request{};
    request.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(address->data())->sin_addr;
    request.imr_ifindex = index;
    set_option(c.fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
               sizeof request, subject);
  }
}

void set_ip_option(const datagram_core* core, const char* what, int v4, int v6, int value) {
  const datagram_core& c = opened(core);
  if (c.family == AF_INET6) {
    set_option(c.fd, IPPROTO_IPV6, v6, value, what);
  } else {
    set_option(c.fd, IPPROTO_IP, v4, value, what);
  }
}

}}  // namespace detail

datagram_socket::datagram_socket(detail::datagram_core* core) noexcept : core_(core) {
  core_->retain();
}

void datagram_socket::connect(const endpoint& peer) {
  detail::opened(core_);
  if (::connect(core_->fd, peer.data(), peer.size()) != 0)
    throw detail::errno_error(errno, "connect " + peer.to_string());
  core_->peer = peer;
}

void datagram_socket::close() noexcept {
  if (!core_) return;
  core_->shut_down();
  std::exchange(core_, nullptr)->release();
}

endpoint datagram_socket::local() const noexcept { return core_ ? core_->local() : endpoint(); }
endpoint datagram_socket::peer() const noexcept { return core_ ? core_->peer : endpoint(); }
int datagram_socket::fd() const noexcept { return core_ ? core_->fd : -1; }

void datagram_socket::join_group(std::string_view group, std::string_view interface) {
  detail::change_membership(core_, "join group", true, group, interface);
}
void datagram_socket::leave_group(std::string_view group, std::string_view interface) {
  detail::change_membership(core_, "leave group", false, group, interface);
}

void datagram_socket::set_multicast_interface(std::string_view interface) {
  const char* what = "set multicast interface";
  const auto& c = detail::opened(core_);
  auto index = static_cast<int>(detail::interface_index(interface));
  if (c.family == AF_INET6) {
    detail::set_option(c.fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index, what);
  } else {
    ip_mreqn request{};
    request.imr_ifindex = index;
    detail::set_option(c.fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request, what);
  }
}
void datagram_socket::set_multicast_loop(bool on) {
  detail::set_ip_option(core_, "set multicast loop", IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on);
}
void datagram_socket::set_multicast_ttl(int hops) {
  detail::set_ip_option(core_, "set multicast ttl", IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops);
}
void datagram_socket::set_ttl(int hops) {
  detail::set_ip_option(core_, "set ttl", IP_TTL, IPV6_UNICAST_HOPS, hops);
}

task<datagram_socket> bind_udp(endpoint local, datagram_options options) {
  co_return detail::bind_to(local, options);
}

task<datagram_socket> bind_udp(std::string host, std::uint16_t port, datagram_options options) {
  if (host.empty()) host = "0.0.0.0";
  std::vector<endpoint> addresses = co_await resolve(host, port);
  co_return detail::bind_to(addresses.front(), options);
}

task<datagram_socket> connect_udp(endpoint peer, datagram_options options) {
  detail::datagram_core* core;
  datagram_socket socket = detail::make_datagram_socket(peer.family(), options, core);
  socket.connect(peer);
  co_return socket;
}

task<datagram_socket> connect_udp(std::string host, std::uint16_t port, datagram_options options) {
  std::vector<endpoint> addresses = co_await resolve(host, port);
  std::exception_ptr last;
  for (const endpoint& address : addresses) {
    try {
      co_return co_await connect_udp(address, options);
    } catch (const std::system_error&) {
      last = std::current_exception();
    }
  }
  std::rethrow_exception(last);
}

task<datagram_socket> bind_unix_datagram(std::string path, datagram_options options) {
  endpoint local = endpoint::unix_path(path);
  detail::socket_guard others_wait = co_await detail::lock_directory_of(local);
  detail::remove_stale_socket(local, SOCK_DGRAM);
  co_return detail::bind_to(local, options);
}

task<datagram_socket> connect_unix_datagram(std::string path, datagram_options options) {
  endpoint peer = endpoint::unix_path(path);
  detail::datagram_core* core;
  datagram_socket socket = detail::make_datagram_socket(AF_UNIX, options, core);
  sockaddr_un automatic{};
  automatic.sun_family = AF_UNIX;
  if (::bind(core->fd, reinterpret_cast<sockaddr*>(&automatic), sizeof automatic.sun_family) != 0)
    throw detail::errno_error(errno, "bind a Unix socket");
  socket.connect(peer);
  co_return socket;
}

}}  // namespace rondo::v0
