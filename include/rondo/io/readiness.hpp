// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo::inline v0 {

namespace detail {

class [[nodiscard]] readiness_operation final : public io_operation {
 public:
  readiness_operation(int fd_number, unsigned events) noexcept;
  readiness_operation(readiness_operation&&) noexcept = default;
  /// Throws std::system_error.
  void result() const;
  const char* describe() const noexcept override;
  std::string detail() const override;
};

}  // namespace detail

/// Waits until an fd that somebody else reads (a library's, a device) can be read
/// or has ended; the fd must stay open meanwhile. Cancelling it takes effect at
/// once. Throws std::system_error (`wait_readable fd 7: Bad file descriptor`).
detail::readiness_operation wait_readable(int fd) noexcept;
/// The same for writing.
detail::readiness_operation wait_writable(int fd) noexcept;

/// Calls f on the loop each time that fd can be read, until remove_reader: what
/// asyncio's add_reader does, for libraries with fds and callbacks. One reader
/// and one writer an fd; a second add replaces f. f must not throw: an exception
/// goes to the exception handler. Remove it before the fd is closed. Throws
/// usage_error when no loop runs on this thread.
void add_reader(int fd, detail::unique_function<void()> f);
void add_writer(int fd, detail::unique_function<void()> f);
/// False if there was none. No call of f follows.
bool remove_reader(int fd);
bool remove_writer(int fd);

}  // namespace rondo::inline v0
