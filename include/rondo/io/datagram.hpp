// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/io/detail/datagram.hpp>
#include <rondo/io/endpoint.hpp>

namespace rondo { inline namespace v0 {

/// A datagram that was received.
struct datagram {
  std::string data;
  endpoint sender;
  std::size_t size = 0;  ///< as it was sent: more than data.size() when it was cut
  bool truncated() const noexcept { return size > data.size(); }
};

/// The same of one in the caller's memory.
struct datagram_info {
  std::size_t length = 0;  ///< the bytes in the buffer
  endpoint sender;
  std::size_t size = 0;  ///< as it was sent: more than length when it was cut
  bool truncated() const noexcept { return size > length; }
};

struct datagram_options {
  /// Allows sending to broadcast addresses.
  bool broadcast = false;
  /// Lets several sockets have one address: the kernel spreads what comes for it
  /// over them, and gives each of them what comes for a multicast group.
  bool reuse_port = false;
  /// The kernel's buffers in bytes; 0: the system's default.
  int receive_buffer = 0;
  int send_buffer = 0;
};
static_assert(std::is_trivially_destructible_v<datagram_options>);

/// Datagrams over UDP or a Unix socket: asyncio's create_datagram_endpoint, with
/// awaits in the place of its callbacks. Each receive takes one datagram, each
/// send sends one, whole or not at all; an empty one is data like any other.
///
/// UDP loses, repeats and reorders datagrams; Unix sockets do not. One task may
/// receive while another sends; two that receive at once, or two that send, get
/// usage_error. Errors are std::system_error naming operation and address
/// (`send to 127.0.0.1:9: Connection refused`). A connected UDP socket reports
/// that nobody listens at the other end (ICMP) at the next send or receive, and
/// that send has sent nothing.
///
/// Cancelling a receive loses no datagram: one that has come already is delivered,
/// another waits for the next receive. Cancelling a send: it was sent or not.
///
/// Belongs to the loop's thread. Destroying it closes it.
class [[nodiscard]] datagram_socket {
 public:
  /// No UDP datagram is longer than this (RFC 768, RFC 8200: 16 bits of length).
  static constexpr std::size_t longest_udp = 65'535;

  datagram_socket() noexcept = default;
  explicit datagram_socket(detail::datagram_core* core) noexcept;
  datagram_socket(datagram_socket&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  datagram_socket& operator=(datagram_socket&& other) noexcept {
    if (this != &other) {
      close();
      core_ = std::exchange(other.core_, nullptr);
    }
    return *this;
  }
  ~datagram_socket() { close(); }

  explicit operator bool() const noexcept { return core_ != nullptr; }

  /// The data of the next datagram. One longer than max bytes is an error (Message
  /// too long) and dropped: receive_from gives what fits. The socket keeps a buffer
  /// of max bytes.
  /// Cancelling it loses no datagram: one that has come is delivered, or received next.
  awaitable<std::string> auto receive(std::size_t max = longest_udp) {
    return detail::receive_operation(core_, max);
  }
  /// The next datagram with its sender, cut to max bytes: truncated() tells.
  /// Cancelling it loses no datagram: one that has come is delivered, or received next.
  awaitable<datagram> auto receive_from(std::size_t max = longest_udp) {
    return detail::receive_from_operation(core_, max);
  }
  /// The same into the caller's memory, which must live until it returns.
  /// Cancelling it loses no datagram: one that has come is delivered, or received next.
  awaitable<datagram_info> auto receive_into(std::span<char> into) {
    return detail::receive_into_operation(core_, into);
  }

  /// Sends one datagram to the peer of a connected socket. data must live until
  /// it returns. Waits while the kernel's buffer, or the queue of a Unix socket's
  /// peer, is full. Throws usage_error when the socket is not connected. Cancelled: it
  /// was sent or not.
  awaitable<void> auto send(std::string_view data) {
    return detail::send_datagram_operation(core_, data);
  }
  /// The same to any address. Linux does not tell when the full queue of a Unix
  /// socket that this one is not connected to has room: that wait asks again every
  /// 1 to 16 ms. Cancelled: it was sent or not.
  awaitable<void> auto send_to(std::string_view data, const endpoint& to) {
    return detail::send_datagram_operation(core_, data, to);
  }

  /// Sends to peer from now on, and receives from it only (from all others, what
  /// had come before stays). Does not wait. Throws std::system_error.
  void connect(const endpoint& peer);
  /// Ends operations of other tasks on it with an error, and removes the file of a
  /// bound Unix socket.
  void close() noexcept;

  endpoint local() const noexcept;
  /// Empty unless connected.
  endpoint peer() const noexcept;
  int fd() const noexcept;

  // The following throw std::system_error (`join group 224.0.0.7: No such device`),
  // and usage_error on a closed socket. An interface is named as by `ip link`;
  // empty: the one of the system's route.

  /// Receives what is sent to a multicast group, too (RFC 1112, RFC 3810).
  void join_group(std::string_view group, std::string_view interface = {});
  void leave_group(std::string_view group, std::string_view interface = {});
  /// Where multicast datagrams go out.
  void set_multicast_interface(std::string_view interface);
  /// Whether sockets of this machine get what this one sends to a group they
  /// joined; they do unless set.
  void set_multicast_loop(bool on);
  /// How many routers a datagram may pass, 1 to 255: to a multicast group (1
  /// unless set) and to others.
  void set_multicast_ttl(int hops);
  void set_ttl(int hops);

 private:
  detail::datagram_core* core_ = nullptr;
};

/// A UDP socket at a local address; port 0: a free one, see local(). "0.0.0.0" or
/// an empty host: all IPv4 addresses; "::": all of both kinds. Of a host name's
/// addresses it takes the first. Throws std::system_error (`bind 127.0.0.1:53:
/// Permission denied`). Cancelling it leaves no socket.
task<datagram_socket> bind_udp(std::string host, std::uint16_t port, datagram_options options = {});
task<datagram_socket> bind_udp(endpoint local, datagram_options options = {});

/// A UDP socket with a free port, connected to a host: no packet is sent, but send
/// needs no address and only datagrams of that peer are received. Of a host name's
/// addresses it takes the first to which there is a route. Throws std::system_error.
/// Cancelling it leaves no socket.
task<datagram_socket> connect_udp(std::string host, std::uint16_t port,
                                  datagram_options options = {});
task<datagram_socket> connect_udp(endpoint peer, datagram_options options = {});

/// A Unix datagram socket at a path or "@abstract" name (endpoint::unix_path). The
/// file is removed at close, if it is still this socket's; one that a dead program
/// left behind is replaced, one in use is an error (Address already in use).
/// Cancelling it leaves no socket.
task<datagram_socket> bind_unix_datagram(std::string path, datagram_options options = {});

/// A Unix datagram socket connected to the one at path. It gets an abstract name
/// by itself, so that the peer can answer (Linux' autobind, unix(7)). Throws
/// std::system_error. Cancelling it leaves no socket.
task<datagram_socket> connect_unix_datagram(std::string path, datagram_options options = {});

}}  // namespace rondo::v0
