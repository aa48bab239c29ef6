// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/io/detail/file_core.hpp>

namespace rondo { inline namespace v0 {

struct file_status;

/// How open_file opens; the words of Python's open().
enum class file_mode : unsigned char {
  read,               ///< "rb": the file must exist
  write,              ///< "wb": made, or emptied
  append,             ///< "ab": made; writes go to the end
  read_write,         ///< "r+b": the file must exist
  create,             ///< "xb": made; must not exist
  read_write_create,  ///< made when it does not exist, kept as it is when it does
};

/// An open file. Sizes and offsets are 64 bits wide. Errors are
/// std::system_error that names operation and path: `read /x: Input/output error`.
///
/// What the page cache has is read at once, without a thread or the ring, at
/// most 128 KiB in a step; everything that may wait for a disk goes to the ring
/// or to a thread. Pipes (FIFOs), terminals and other devices are read and
/// written when they are ready, and never keep a thread.
///
/// Belongs to one task at a time, and to its loop's thread. Closing or destroying
/// it, or moving another file into it, ends what other tasks wait for in it with an
/// error (`read /fifo: the file was closed meanwhile: Operation canceled`). The fd
/// itself is closed when a thread or the kernel that still works with it has done
/// so: an operation never meets another file that got the same number.
class [[nodiscard]] file {
 public:
  file() noexcept = default;
  /// Takes over an open fd. path is for errors. The fd of a pipe or device
  /// should be non-blocking; one that is not is polled before each call.
  file(int fd, std::string path);
  explicit file(detail::file_core* core) noexcept : core_(core) {}
  file(file&&) noexcept = default;
  file& operator=(file&& other) noexcept {
    if (this != &other) {
      let_go();
      core_ = std::move(other.core_);
    }
    return *this;
  }
  /// Closes. An error of that is lost, and a file system that hands data over
  /// only now (NFS, FUSE) holds the loop meanwhile: prefer close() after writing.
  ~file() { let_go(); }

  explicit operator bool() const noexcept { return core_ && !core_->closed; }
  /// As it was opened; stays after closing.
  const std::string& path() const noexcept { return detail::path_of(core_); }
  /// -1 when it is closed.
  int fd() const noexcept { return core_ && !core_->closed ? core_->fd : -1; }
  /// Gives the fd away.
  int release() noexcept { return core_ ? core_->give_away() : -1; }

  /// Up to into.size() bytes from the position on, as many as can be had at
  /// once; 0 at the end. From a FIFO: waits for a writer and its data.
  /// Cancelled: nothing was taken, or the bytes are delivered.
  RONDO_CORO_WRAPPER task<std::size_t> read_some(std::span<char> into) {
    return detail::file_core::read_some(core_, into);
  }
  /// The rest of the file, at most max bytes; more is an error (EFBIG).
  /// Cancelled: the position is where it was; what a pipe had given is lost.
  RONDO_CORO_WRAPPER task<std::string> read(std::size_t max = 1u << 30) {
    return detail::file_core::read(core_, max);
  }
  /// Fills into from offset on; less only at the end. The position stays.
  /// Cancelled: nothing has changed.
  RONDO_CORO_WRAPPER task<std::size_t> pread(std::span<char> into, std::uint64_t offset) {
    return detail::file_core::pread(core_, into, offset);
  }

  /// Writes all of data. Cancelled: a part of it may have been written.
  RONDO_CORO_WRAPPER task<> write(std::string_view data) {
    return detail::file_core::write(core_, data, -1);
  }
  /// Writes all of data at offset; the position stays. In a file opened with
  /// append, Linux writes to the end all the same (pwrite(2)).
  /// Cancelled: a part of it may have been written.
  RONDO_CORO_WRAPPER task<> pwrite(std::string_view data, std::uint64_t offset) {
    bool too_far = offset > INT64_MAX;
    return detail::file_core::write(core_, data, too_far ? -2 : static_cast<std::int64_t>(offset));
  }

  /// The lines from the position on, each with its '\n' (the last may have
  /// none). A line longer than longest throws limit_overrun_error.
  ///
  /// Reads ahead; a generator that is destroyed, or whose task is cancelled,
  /// sets the position after the last line that it gave (not in a pipe). read_lines
  /// owns its file.
  RONDO_CORO_WRAPPER async_generator<std::string> lines(std::size_t longest = 1u << 20) {
    return detail::file_core::lines(core_, longest);
  }

  /// Has the kernel put everything on the disk (fsync).
  /// Cancelled: it may have happened.
  RONDO_CORO_WRAPPER task<> sync() { return detail::file_core::sync(core_, false); }
  /// The same for the data and what finds it again, not for times (fdatasync).
  /// Cancelled: it may have happened.
  RONDO_CORO_WRAPPER task<> sync_data() { return detail::file_core::sync(core_, true); }
  /// Cuts the file, or lengthens it with zeros. Cancelled: it may have happened.
  RONDO_CORO_WRAPPER task<> truncate(std::uint64_t size) {
    return detail::file_core::truncate(core_, size);
  }
  /// Size, type, mode and times. Cancelled: nothing has changed.
  RONDO_CORO_WRAPPER task<file_status> status();

  /// Size in bytes as this kernel knows it, at once. (On a network file system
  /// another machine may have changed it; status() asks.)
  std::uint64_t size() const;
  /// Sets the position, at once.
  void seek(std::uint64_t position);
  std::uint64_t position() const;

  /// Closes and says whether that failed. A file that was only read is closed
  /// at once; cancelling does not keep any from being closed. When another task
  /// is at work with it, that one closes it as it ends, and this does not wait.
  RONDO_CORO_WRAPPER task<> close() { return detail::file_core::close(core_); }

  detail::file_core* internal() const noexcept { return core_.get(); }

 private:
  void let_go() noexcept {
    if (!core_) return;
    core_->shut_down();
    core_.reset();
  }

  detail::file_ref core_;
};

/// Opens a file: `open /etc/shadow: Permission denied` when that fails. A
/// directory is an error (EISDIR). permissions, less the process's umask, are
/// those of a file that it makes.
///
/// A FIFO opens at once for reading, and its first read waits for a writer;
/// for writing it opens once a reader has come, which is looked for after 1 ms and up to
/// every 50 ms.
///
/// Cancelled: nothing is open; a file may have been made.
task<file> open_file(std::string path, file_mode mode = file_mode::read,
                     unsigned permissions = 0666);

/// A whole file, at most max bytes; more is an error (EFBIG).
/// Cancelling it leaves nothing behind.
task<std::string> read_text(std::string path, std::size_t max = 1u << 30);

/// The lines of a file: file::lines of a file that it opens and closes.
async_generator<std::string> read_lines(std::string path, std::size_t longest = 1u << 20);

/// Replaces what the file holds at once and durably: whoever reads sees the old
/// text or the new one, also after a power failure. Keeps the permissions of a
/// file that is replaced, and its owner where that is allowed; follows symbolic
/// links, and makes what the last of them names. Writes to a pipe or device plainly.
///
/// Throws std::system_error; the file then has the old text, and so when it is cancelled in
/// time, else the new one. Nothing else is left behind. text must live until then.
task<> write_text(std::string path, std::string_view text);

}}  // namespace rondo::v0
