// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/io/file.hpp>

namespace rondo { inline namespace v0 {

enum class lock_kind : unsigned char {
  exclusive,  ///< for one holder
  shared,     ///< for many, as long as none wants it for itself alone
};

/// Holds a lock on a file, between processes and within one; unlocks when it is
/// destroyed. It is flock(2)'s lock, which flock(1) and Python's fcntl.flock
/// take too: advisory, it keeps out only who asks.
class [[nodiscard]] file_lock {
 public:
  file_lock() noexcept = default;
  file_lock(file_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file_lock& operator=(file_lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file_lock() { unlock(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  void unlock() noexcept;

 private:
  friend task<file_lock> lock_file(std::string path, lock_kind kind);
  friend task<file_lock> lock_file(file& f, lock_kind kind);
  friend task<std::optional<file_lock>> try_lock_file(std::string path, lock_kind kind);
  /// Takes over an fd whose lock it will release.
  explicit file_lock(int fd) noexcept : fd_(fd) {}
  int fd_ = -1;
};

/// Waits for the lock of the file with this path, which is made when there is
/// none, and stays: removing it would let two hold the lock.
///
/// flock(2) itself can only block a thread for ever, so this tries again and
/// again, after 1 ms and up to every 50 ms: a lock that becomes free is taken
/// that much later, and waiters have no order.
///
/// Throws std::system_error that names the path. Cancelled: the lock is not held.
task<file_lock> lock_file(std::string path, lock_kind kind = lock_kind::exclusive);
/// The same for an open file. Its lock is that of all fds of this opening.
task<file_lock> lock_file(file& f, lock_kind kind = lock_kind::exclusive);

/// The lock, or nothing when another holds it. Throws std::system_error. Cancelled:
/// the lock is not held.
task<std::optional<file_lock>> try_lock_file(std::string path,
                                             lock_kind kind = lock_kind::exclusive);

}}  // namespace rondo::v0
