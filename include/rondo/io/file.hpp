// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/exec/detail/worker_threads.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo::inline v0 {

/// How open_file opens; the words of Python's open().
enum class file_mode : unsigned char {
  read,        ///< "rb": the file must exist
  write,       ///< "wb": made, or emptied
  append,      ///< "ab": made; writes go to the end
  read_write,  ///< "r+b": the file must exist
  create,      ///< "xb": made; must not exist
};

namespace detail {

/// A request on a file: by the ring where the backend serves files, else by a
/// thread. Cancelling one that has begun does nothing: it is waited for, and its
/// result delivered.
class file_operation : public io_operation, private job {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;

 protected:
  file_operation() = default;
  file_operation(file_operation&&) = default;
  ~file_operation() = default;

 private:
  struct arrival : entry {
    file_operation* op = nullptr;
    std::int64_t result = 0;
  };
  arrival arrival_;
  outside_link* link_ = nullptr;
};

}  // namespace detail

/// An open file. Reads and writes go on from its position. Errors are
/// std::system_error that names the path. Belongs to one task at a time;
/// destroying it closes it.
class [[nodiscard]] file {
 public:
  file() noexcept = default;
  file(int fd, std::string path) noexcept : fd_(fd), path_(std::move(path)) {}
  file(file&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  file& operator=(file&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    return *this;
  }
  ~file();

  explicit operator bool() const noexcept { return fd_ >= 0; }
  const std::string& path() const noexcept { return path_; }
  int fd() const noexcept { return fd_; }

  /// Up to into.size() bytes; 0 at the end.
  task<std::size_t> read_some(std::span<char> into);
  /// The rest of the file, at most max bytes; more is an error (EFBIG).
  task<std::string> read(std::size_t max = 1u << 30);
  /// Writes all of data. When cancelled, a part may have been written.
  task<> write(std::string_view data);
  /// Has the kernel put everything on the disk.
  task<> sync();
  /// Size in bytes; from the kernel's memory, at once.
  std::uint64_t size() const;
  void truncate(std::uint64_t size);
  void seek(std::uint64_t position);
  /// Closes and says whether that failed. The destructor cannot.
  task<> close();

 private:
  int fd_ = -1;
  std::string path_;
};

/// Throws std::system_error: `open /etc/shadow: Permission denied`.
task<file> open_file(std::string path, file_mode mode = file_mode::read);

/// Gives a file its name, in place of what had it: atomic within a file system.
task<> rename_file(std::string from, std::string to);
task<> remove_file(std::string path);

/// A whole file, at most max bytes.
task<std::string> read_text(std::string path, std::size_t max = 1u << 30);
/// Replaces a file at once and durably: whoever reads sees the old text or the
/// new one, also after a power failure.
task<> write_text(std::string path, std::string_view text);
/// Puts a directory's entries on the disk, after a rename in it.
task<> sync_directory(std::string path);

}  // namespace rondo::inline v0
