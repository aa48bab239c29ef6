// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>

#include <rondo/io/readiness.hpp>
#include <rondo/loop/loop.hpp>
#include "detail/errno_error.hpp"
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {
unsigned blocking_flag() {
  return loop::current().backend() == backend_kind::uring ? 0 : SOCK_NONBLOCK;
}
endpoint name_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (ask(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return endpoint(reinterpret_cast<sockaddr*>(&address), size);
}
}  // namespace

int make_socket(int family, int type, const std::string& what) {
  int fd = ::socket(family, type | SOCK_CLOEXEC | static_cast<int>(blocking_flag()), 0);
  if (fd < 0) throw errno_error(errno, what);
  return fd;
}

void set_blocking_as_wanted(int fd) noexcept {
  int flags = ::fcntl(fd, F_GETFL);
  int wanted = blocking_flag() ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (flags >= 0 && wanted != flags) ::fcntl(fd, F_SETFL, wanted);
}

void set_tcp_options(int fd, bool no_delay, bool keep_alive) noexcept {
  int on = 1;
  if (no_delay) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (keep_alive) ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

unsigned accept_flags() { return SOCK_CLOEXEC | blocking_flag(); }

void close_socket(int fd) noexcept {
  if (this_thread_scheduler) {
    end_waits(fd);
    loop::current().kernel().forget(fd);
  }
  ::close(fd);
}

endpoint local_endpoint(int fd) noexcept { return name_of(fd, &::getsockname); }
endpoint peer_endpoint(int fd) noexcept { return name_of(fd, &::getpeername); }

}}}  // namespace rondo::v0::detail
