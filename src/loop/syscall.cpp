// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/syscall.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

#include <rondo/loop/detail/io_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

std::int64_t do_syscall(const io_operation& op) noexcept {
  auto result = [](auto r) -> std::int64_t { return r < 0 ? -errno : r; };
  auto text = [](void* p) { return static_cast<const char*>(p); };
  int flags = static_cast<int>(op.flags);
  switch (op.code) {
    case opcode::nop:
      return 0;
    case opcode::poll: {
      if (op.fd < 0) return -EBADF;  // poll itself would ignore it
      pollfd p{op.fd, static_cast<short>(op.flags), 0};
      int n = ::poll(&p, 1, 0);
      if (n > 0 && p.revents & POLLNVAL) return -EBADF;
      return n < 0 ? -errno : n == 0 ? -EAGAIN : p.revents;
    }
    case opcode::accept:
      return result(::accept4(op.fd, nullptr, nullptr, flags));
    case opcode::connect: {
      int r =
          ::connect(op.fd, static_cast<sockaddr*>(op.buffer), static_cast<socklen_t>(op.length));
      return r == 0 ? 0 : errno == EINPROGRESS ? -EAGAIN : -errno;
    }
    case opcode::recv:
    case opcode::recv_pooled:
      return result(::recv(op.fd, op.buffer, op.length, flags | MSG_DONTWAIT));
    case opcode::send:
      return result(::send(op.fd, op.buffer, op.length, flags | MSG_DONTWAIT | MSG_NOSIGNAL));
    case opcode::recvmsg:
      return result(::recvmsg(op.fd, static_cast<msghdr*>(op.buffer), flags | MSG_DONTWAIT));
    case opcode::sendmsg:
      return result(
          ::sendmsg(op.fd, static_cast<msghdr*>(op.buffer), flags | MSG_DONTWAIT | MSG_NOSIGNAL));
    case opcode::read:
      return result(op.offset < 0 ? ::read(op.fd, op.buffer, op.length)
                                  : ::pread(op.fd, op.buffer, op.length, op.offset));
    case opcode::write:
      return result(op.offset < 0 ? ::write(op.fd, op.buffer, op.length)
                                  : ::pwrite(op.fd, op.buffer, op.length, op.offset));
    case opcode::fsync:
      return result(op.flags ? ::fdatasync(op.fd) : ::fsync(op.fd));
    case opcode::openat:
      return result(::openat(op.fd, text(op.buffer), flags, static_cast<mode_t>(op.length)));
    case opcode::close:
      return result(::close(op.fd));
    case opcode::renameat:
      return result(::renameat(AT_FDCWD, text(op.buffer), AT_FDCWD, text(op.buffer2)));
    case opcode::unlinkat:
      return result(::unlinkat(AT_FDCWD, text(op.buffer), flags));
  }
  return -ENOSYS;
}

}}}  // namespace rondo::v0::detail
