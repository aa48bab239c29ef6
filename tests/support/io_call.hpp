// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <rondo/loop/detail/io_operation.hpp>
#include <rondo/loop/loop.hpp>
#include "loop/backend.hpp"

namespace test {

/// One request to the kernel, as the io layer makes them: gives what the system
/// call returned.
class io_call final : public rondo::detail::io_operation {
 public:
  io_call(rondo::detail::opcode what, int on, void* data = nullptr, std::size_t size = 0,
          std::uint32_t with = 0) {
    code = what;
    fd = on;
    buffer = data;
    length = size;
    flags = with;
  }
  io_call(io_call&&) = default;
  std::int64_t result() const { return outcome; }
  const char* describe() const noexcept override { return "io_call"; }
};

inline io_call recv(int fd, void* data, std::size_t size) {
  return {rondo::detail::opcode::recv, fd, data, size};
}
inline io_call send(int fd, const void* data, std::size_t size) {
  return {rondo::detail::opcode::send, fd, const_cast<void*>(data), size};
}
inline io_call read(int fd, void* data, std::size_t size) {
  return {rondo::detail::opcode::read, fd, data, size};
}
inline io_call write(int fd, const void* data, std::size_t size) {
  return {rondo::detail::opcode::write, fd, const_cast<void*>(data), size};
}
inline io_call poll(int fd, std::uint32_t events) {
  return {rondo::detail::opcode::poll, fd, nullptr, 0, events};
}

/// An owned fd.
class file {
 public:
  file() = default;
  explicit file(int fd) : fd_(fd) {
    if (fd < 0) std::abort();
  }
  file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file& operator=(file&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// As the library closes its own: the backend forgets the fd first.
  void close_in_loop() {
    rondo::loop::current().kernel().forget(fd_);
    reset();
  }

 private:
  int fd_ = -1;
};

struct socket_pair {
  file a;
  file b;
  socket_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    a = file(fds[0]);
    b = file(fds[1]);
  }
};

struct pipe_pair {
  file reader;
  file writer;
  pipe_pair() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) std::abort();
    reader = file(fds[0]);
    writer = file(fds[1]);
  }
};

inline file make_eventfd(int flags = 0) { return file(::eventfd(0, EFD_CLOEXEC | flags)); }

}  // namespace test
