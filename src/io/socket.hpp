// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/io/endpoint.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Makes a socket as this loop's backend wants it: io_uring arms a wait by
/// itself only for blocking sockets, epoll needs non-blocking ones. type may have
/// SOCK_NONBLOCK already. Throws std::system_error that begins with `what`.
int make_socket(int family, int type, const std::string& what);
/// The same for the fd of others: a socket, or a pipe that is read.
void set_blocking_as_wanted(int fd) noexcept;
/// Does nothing to a socket that is not TCP.
void set_tcp_options(int fd, bool no_delay, bool keep_alive) noexcept;
/// The flags for accept that match.
unsigned accept_flags();
/// Tells the backend that fd goes away, and closes it.
void close_socket(int fd) noexcept;
endpoint local_endpoint(int fd) noexcept;
endpoint peer_endpoint(int fd) noexcept;

/// Owns a socket that no operation uses.
class socket_guard {
 public:
  explicit socket_guard(int fd) noexcept : fd_(fd) {}
  socket_guard(socket_guard&& other) noexcept : fd_(other.release()) {}
  socket_guard& operator=(const socket_guard&) = delete;
  ~socket_guard() {
    if (fd_ >= 0) close_socket(fd_);
  }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// A single request whose answer the awaiter looks at itself.
class [[nodiscard]] plain_io_operation final : public io_operation {
 public:
  plain_io_operation(opcode c, int fd_number, const char* name) noexcept : name_(name) {
    code = c;
    fd = fd_number;
  }
  plain_io_operation(plain_io_operation&&) noexcept = default;
  std::int64_t result() const noexcept { return outcome; }
  const char* describe() const noexcept override { return name_; }

 private:
  const char* name_;
};

}}}  // namespace rondo::v0::detail
