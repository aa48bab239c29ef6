// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>
#include <utility>

#include <rondo/io/datagram.hpp>
#include "io/socket.hpp"
#include "io/unix_socket_file.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// What recvmsg and sendmsg take and give.
struct datagram_message {
  msghdr header{};
  iovec part{};
  sockaddr_storage name{};
};

class datagram_core : public counted<datagram_core> {
 public:
  datagram_core(int fd_number, int address_family) noexcept
      : fd(fd_number), family(address_family) {}

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
  datagram_message incoming;
  datagram_message outgoing;
  unix_socket_file file;

 private:
  friend counted;
  ~datagram_core() { ::operator delete(buffer_); }

  endpoint local_;  // once closed
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
};

}}}  // namespace rondo::v0::detail
