// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/datagram.hpp>

#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

#include <rondo/io/resolve.hpp>
#include <rondo/loop/loop.hpp>
#include "detail/errno_error.hpp"
#include "io/socket.hpp"
#include "io/unix_socket_file.hpp"
#include "loop/backend.hpp"
#include "loop/syscall.hpp"

namespace rondo { inline namespace v0 {

namespace detail {

namespace {

/// What recvmsg and sendmsg take and give.
struct message {
  msghdr header{};
  iovec part{};
  sockaddr_storage name{};
};

}  // namespace

class datagram_core {
 public:
  datagram_core(int fd_number, int address_family) noexcept
      : fd(fd_number), family(address_family) {}
  datagram_core(const datagram_core&) = delete;
  datagram_core& operator=(const datagram_core&) = delete;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  /// Ends what is in flight; then the fd closes.
  void shut_down() noexcept {
    local_ = local_endpoint(fd);
    closed = true;
    file = {};
    for (io_operation* op : {receiver, sender})
      if (op && op->cancel()) op->kernel_done(-ECANCELED);
    close_if_idle();
  }
  void close_if_idle() noexcept {
    if (closed && fd >= 0 && !receiver && !sender) close_socket(std::exchange(fd, -1));
  }

  /// Memory of at least max bytes, the caller's until it gives it back; null when
  /// memory is short.
  char* take_buffer(std::size_t max, std::size_t& capacity) noexcept {
    if (!buffer_ || capacity_ < max) {
      ::operator delete(std::exchange(buffer_, nullptr));
      capacity_ = std::max<std::size_t>(max, 1);
      buffer_ = static_cast<char*>(::operator new(capacity_, std::nothrow));
    }
    capacity = capacity_;
    return std::exchange(buffer_, nullptr);
  }
  void give_back(char* buffer, std::size_t capacity) noexcept {
    if (buffer_ || closed) return ::operator delete(buffer);
    buffer_ = buffer;
    capacity_ = capacity;
  }

  endpoint local() const noexcept { return closed ? local_ : local_endpoint(fd); }
  /// Where datagrams come from or come to, for messages.
  endpoint subject() const noexcept { return peer.size() ? peer : local(); }

  int fd;
  const int family;
  endpoint peer;
  bool closed = false;
  io_operation* receiver = nullptr;
  io_operation* sender = nullptr;
  message incoming;
  message outgoing;
  unix_socket_file file;

 private:
  ~datagram_core() { ::operator delete(buffer_); }

  endpoint local_;  // once closed
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
  unsigned references_ = 1;
};

datagram_operation::datagram_operation(datagram_core* core) noexcept : core_(core) {
  if (core_) core_->retain();
}

datagram_operation::~datagram_operation() {
  if (core_) core_->release();
}

bool datagram_operation::enter(direction d) noexcept {
  if (!core_ || core_->closed) {
    outcome = -EBADF;
    return false;
  }
  io_operation*& place = d == direction::in ? core_->receiver : core_->sender;
  if (place) {
    misuse_ = "another task is at it; one receiver and one sender at a time";
    return false;
  }
  place = this;
  place_ = &place;
  fd = core_->fd;
  return true;
}

void datagram_operation::leave() noexcept {
  if (!place_) return;
  *std::exchange(place_, nullptr) = nullptr;
  core_->close_if_idle();
}

bool datagram_operation::begin_in_kernel() noexcept {
  if (!io_operation::begin()) return false;
  answered();
  return true;
}

bool datagram_operation::cancel() noexcept {
  if (!io_operation::cancel()) return false;
  leave();
  return true;
}

void datagram_operation::kernel_done(std::int64_t result) noexcept {
  outcome = result;
  answered();
  io_operation::kernel_done(result);
}

void datagram_operation::check(const char* operation, const endpoint& subject) const {
  if (!core_) throw usage_error(std::string(operation) + ": the socket is not open");
  if (misuse_) throw usage_error(operation + (" " + subject.to_string()) + ": " + misuse_);
  if (outcome >= 0) return;
  std::string what = operation + (" " + subject.to_string());
  if (core_->closed && (outcome == -ECANCELED || outcome == -EBADF))
    throw errno_error(ECONNABORTED, what + ": the socket was closed");
  throw errno_error(-outcome, what);
}

std::string datagram_operation::detail() const {
  return core_ ? core_->subject().to_string() : std::string();
}

receive_base::~receive_base() {
  if (buffer_) core_->give_back(buffer_, capacity_);
}

bool receive_base::begin() noexcept {
  if (!enter(direction::in)) return true;
  if (own_buffer_) {
    buffer_ = core_->take_buffer(max_, capacity_);
    if (!buffer_) {
      leave();
      outcome = -ENOMEM;
      return true;
    }
    into_ = {buffer_, max_};
  }
  message& m = core_->incoming;
  m.part = {into_.data(), into_.size()};
  m.header = {};
  m.header.msg_name = &m.name;
  m.header.msg_namelen = sizeof m.name;
  m.header.msg_iov = &m.part;
  m.header.msg_iovlen = 1;
  code = opcode::recvmsg;
  flags = MSG_TRUNC;  // gives the true length of what does not fit
  buffer = &m.header;
  return begin_in_kernel();
}

void receive_base::answered() noexcept {
  const message& m = core_->incoming;
  if (outcome >= 0 && m.header.msg_namelen > 0) {
    sender_ = endpoint(reinterpret_cast<const sockaddr*>(&m.name), m.header.msg_namelen);
  } else if (outcome >= 0) {  // a Unix socket without a name
    sockaddr unnamed{};
    unnamed.sa_family = static_cast<sa_family_t>(core_->family);
    sender_ = endpoint(&unnamed, sizeof unnamed.sa_family);
  }
  leave();
}

void receive_base::check_received() const {
  if (!core_) check("receive", {});
  check(core_->peer.size() ? "receive from" : "receive on", core_->subject());
}

std::string_view receive_base::bytes() const noexcept {
  return {into_.data(), std::min(into_.size(), size())};
}

std::string receive_operation::result() {
  check_received();
  if (size() > bytes().size()) {
    std::string what = "receive from " + sender().to_string() + ": a datagram of " +
                       std::to_string(size()) + " bytes, more than " +
                       std::to_string(bytes().size());
    throw errno_error(EMSGSIZE, what);
  }
  return std::string(bytes());
}

datagram receive_from_operation::result() {
  check_received();
  return {std::string(bytes()), sender(), size()};
}

datagram_info receive_into_operation::result() {
  check_received();
  return {bytes().size(), sender(), size()};
}

bool send_datagram_operation::begin() noexcept {
  if (core_ && (addressed_ ? to_.size() == 0 : core_->peer.size() == 0)) {
    misuse_ = addressed_ ? "the address is empty" : "the socket is not connected; use send_to";
    return true;
  }
  if (!enter(direction::out)) return true;
  message& m = core_->outgoing;
  m.part = {const_cast<char*>(data_.data()), data_.size()};
  m.header = {};
  if (addressed_) {
    m.header.msg_name = const_cast<sockaddr*>(to_.data());
    m.header.msg_namelen = to_.size();
  }
  m.header.msg_iov = &m.part;
  m.header.msg_iovlen = 1;
  return attempt();
}

// Never left to io_uring to try again: what a send that would block has taken from
// the buffer is missing in its next try (seen with Linux 6.18: a Unix socket's full
// queue made empty datagrams).
bool send_datagram_operation::attempt() noexcept {
  for (;;) {
    code = opcode::sendmsg;
    flags = 0;
    buffer = &core_->outgoing.header;
    outcome = do_syscall(*this);
    if (outcome != -EAGAIN) break;
    // Linux wakes a poll for writing only when the *connected* peer of a Unix socket
    // has room again (unix_dgram_poll): another one must be asked again.
    if (to_.is_unix()) {
      ask_again_later();
      return false;
    }
    code = opcode::poll;
    flags = POLLOUT;
    if (!io_operation::begin()) return false;
    if (outcome < 0) break;
  }
  answered();
  return true;
}

void send_datagram_operation::ask_again_later() noexcept {
  constexpr std::int64_t shortest = 1'000'000;
  constexpr std::int64_t longest = 16'000'000;
  pause_ = std::clamp(pause_ * 2, shortest, longest);
  expire = [](timer& t) noexcept {
    auto& op = static_cast<send_datagram_operation&>(t);
    if (op.attempt()) op.complete();
  };
  loop& l = loop::of(*waiter());
  l.timers().arm(*this, l.now_ns() + pause_);
}

void send_datagram_operation::kernel_done(std::int64_t result) noexcept {
  if (result >= 0) {
    if (waiter()->cancel_requested()) {
      leave();
      complete_stopped();
      return;
    }
    if (!attempt()) return;
    result = outcome;
  }
  datagram_operation::kernel_done(result);
}

bool send_datagram_operation::cancel() noexcept {
  if (!armed()) return datagram_operation::cancel();
  loop::of(*waiter()).timers().disarm(*this);
  leave();
  return true;
}

void send_datagram_operation::result() {
  check("send to", addressed_ || !core_ ? to_ : core_->subject());
}

std::string send_datagram_operation::detail() const {
  return addressed_ ? to_.to_string() : datagram_operation::detail();
}

namespace {

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

const datagram_core& opened(const datagram_core* core, const char* what) {
  if (!core) throw usage_error(std::string(what) + ": the socket is not open");
  return *core;
}

void change_membership(const datagram_core* core, const char* what, bool join,
                       std::string_view group, std::string_view interface) {
  const datagram_core& c = opened(core, what);
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
  const datagram_core& c = opened(core, what);
  if (c.family == AF_INET6) {
    set_option(c.fd, IPPROTO_IPV6, v6, value, what);
  } else {
    set_option(c.fd, IPPROTO_IP, v4, value, what);
  }
}

}  // namespace

}  // namespace detail

void datagram_socket::connect(const endpoint& peer) {
  detail::opened(core_, "connect");
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
  const auto& c = detail::opened(core_, what);
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
