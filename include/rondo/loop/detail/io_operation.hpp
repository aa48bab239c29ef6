// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <rondo/coro/detail/operation.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class backend;

/// What the kernel is asked to do. The fields of io_operation that each one
/// uses stand beside it.
enum class opcode : std::uint8_t {
  nop,          ///< nothing; completes in the next turn
  poll,         ///< fd, flags = POLLIN | POLLOUT…: result = what is ready
  accept,       ///< fd, flags = SOCK_…: result = the new socket
  connect,      ///< fd, buffer = sockaddr, length
  recv,         ///< fd, buffer, length, flags = MSG_…
  recv_pooled,  ///< fd, flags: into memory of the backend's, which buffer names when
                ///< it completes and only until then; -ENOBUFS: there is none now
  send,         ///< fd, buffer, length, flags = MSG_…
  recvmsg,      ///< fd, buffer = msghdr, flags
  sendmsg,      ///< fd, buffer = msghdr, flags
  read,         ///< fd, buffer, length, offset (-1: the file's position)
  write,        ///< fd, buffer, length, offset
  fsync,        ///< fd, flags = 0 or 1 for data only
  openat,       ///< fd = directory, buffer = path, flags = O_…, length = mode
  close,        ///< fd
  renameat,     ///< buffer = old path, buffer2 = new path
  unlinkat,     ///< buffer = path, flags
};

/// One request to the kernel. Owns its buffer and its fd until its final
/// completion, which a cancellation does not replace: the node is resumed or
/// unwound only when the kernel has let go of both.
class io_operation : public operation, public list_link<io_operation> {
 public:
  opcode code = opcode::nop;
  std::int32_t fd = -1;
  std::uint32_t flags = 0;
  void* buffer = nullptr;
  std::size_t length = 0;
  union {
    std::int64_t offset = -1;
    void* buffer2;
  };
  /// What the system call returned: >= 0, or -errno. -ECANCELED when cancelled.
  std::int64_t outcome = 0;

  bool begin() noexcept override;
  bool cancel() noexcept override;

  /// Called by the backend with the kernel's answer. Completes, as stopped when
  /// the kernel says that it was cancelled and the task asked for that; an
  /// operation of several requests begins the next one instead.
  virtual void kernel_done(std::int64_t result) noexcept;

 protected:
  io_operation() = default;
  io_operation(io_operation&&) = default;
  ~io_operation() = default;
};

}}}  // namespace rondo::v0::detail
