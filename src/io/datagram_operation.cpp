// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/socket.h>
#include <cerrno>
#include <string>

#include <rondo/io/datagram.hpp>
#include <rondo/loop/loop.hpp>
#include "detail/errno_error.hpp"
#include "io/datagram_core.hpp"
#include "loop/backend.hpp"
#include "loop/syscall.hpp"

namespace rondo { inline namespace v0 { namespace detail {

datagram_operation::datagram_operation(datagram_core* core) noexcept : core_(core) {}
datagram_operation::datagram_operation(datagram_operation&&) noexcept = default;
datagram_operation::~datagram_operation() = default;

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
  if (!core_) throw usage_error("datagram_socket: it is not open");
  if (misuse_)
    throw usage_error(std::string("datagram_socket::") + describe() + " " + subject.to_string() +
                      ": " + misuse_);
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
  datagram_message& m = core_->incoming;
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
  const datagram_message& m = core_->incoming;
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
  datagram_message& m = core_->outgoing;
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

}}}  // namespace rondo::v0::detail
