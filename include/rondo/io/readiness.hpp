// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/awaitable.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

class [[nodiscard]] readiness_operation final : public io_operation,
                                                public list_link<readiness_operation> {
 public:
  readiness_operation(int fd_number, unsigned events) noexcept;
  static readiness_operation readable(int fd_number) noexcept;
  static readiness_operation writable(int fd_number) noexcept;
  readiness_operation(readiness_operation&&) noexcept = default;
  ~readiness_operation() { leave(); }
  bool begin() noexcept override;
  bool cancel() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  /// Throws std::system_error.
  void result() const;
  const char* describe() const noexcept override;
  std::string detail() const override;
  /// Ends those of this thread that wait for fd.
  static void end_those_of(int fd) noexcept;

 private:
  void leave() noexcept;

  bool ended_ = false;  // its fd is closed
};

/// What forget_fd does; cheap when nobody waits for fd.
void end_waits(int fd) noexcept;

}  // namespace detail

/// Waits until an fd that somebody else reads (a library's, a device) can be read
/// or has ended; the fd must stay open meanwhile. Cancelling it takes effect at
/// once. Throws std::system_error (`wait_readable fd 7: Bad file descriptor`).
inline awaitable<void> auto wait_readable(int fd) noexcept {
  return detail::readiness_operation::readable(fd);
}
/// The same for writing; throws as that. Cancelling it takes effect at once.
inline awaitable<void> auto wait_writable(int fd) noexcept {
  return detail::readiness_operation::writable(fd);
}

/// Calls f on the loop each time that fd can be read, until remove_reader: what
/// asyncio's add_reader does, for libraries with fds and callbacks. One reader
/// and one writer an fd; a second add replaces f. f must not throw: an exception
/// goes to the exception handler. Remove it, or call forget_fd, before the fd is
/// closed. Throws usage_error when no loop runs on this thread, std::system_error
/// for what is no fd (`add_reader fd 987: Bad file descriptor`).
void add_reader(int fd, detail::unique_function<void()> f);
void add_writer(int fd, detail::unique_function<void()> f);
/// False if there was none. No call of f follows.
bool remove_reader(int fd);
bool remove_writer(int fd);

/// For the owner of an fd, before closing it: ends what waits for it in this
/// thread's loop with an error (`wait_readable fd 7: it was closed meanwhile: Bad
/// file descriptor`), and removes its reader and writer. Nothing in the kernel
/// tells of a close: without this a waiter stays, for ever or until another file
/// has got the number. What closes an fd of Rondo's own (a stream, a file) does it
/// by itself.
void forget_fd(int fd) noexcept;

}}  // namespace rondo::v0
