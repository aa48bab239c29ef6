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
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 {

struct file_status;

namespace detail {

class file_core;
class file_transfer;

/// Empty for a file that is not open.
using file_ref = ref<file_core>;

/// An open file. Counted: by the file and by what is done with it. Its fd is
/// closed when nothing that has begun uses it any more, so that a number that
/// was given to another file is never read from or written to.
class file_core : public counted<file_core> {
 public:
  enum class kind : unsigned char {
    stored,  // regular files, block devices: always ready, and slow
    stream,  // character devices, sockets: ready or not
    fifo,    // as stream, and its end is only the end once a writer has come
    directory,
  };

  /// Takes over the fd, also when it throws std::bad_alloc.
  static file_core* take(int fd, std::string path, int open_flags);

  /// Ends what waits, with an error; then the fd closes.
  void shut_down() noexcept;
  /// Ends what waits, and gives the fd away.
  int give_away() noexcept;

  bool ready_or_not() const noexcept { return what == kind::stream || what == kind::fifo; }
  /// -1, and EBADF in errno, when it is closed.
  int open_fd() const noexcept;
  /// In bytes, or -errno.
  std::int64_t size() const noexcept;

  static task<std::size_t> read_some(file_ref self, std::span<char> into);
  static task<std::string> read(file_ref self, std::size_t max);
  static task<std::size_t> pread(file_ref self, std::span<char> into, std::uint64_t offset);
  /// offset -1: at the file's position.
  static task<> write(file_ref self, std::string_view data, std::int64_t offset);
  static async_generator<std::string> lines(file_ref self, std::size_t longest);
  static task<> sync(file_ref self, bool data_only);
  static task<> truncate(file_ref self, std::uint64_t size);
  static task<file_status> status(file_ref self);
  static task<> close(file_ref self);

  const std::string path;
  int fd;
  kind what = kind::stored;
  bool read_only = false;
  bool nonblocking = false;
  bool append = false;
  bool reads_cached = true;  // false: the file system does not know RWF_NOWAIT
  bool closed = false;

 private:
  friend counted;
  friend class file_in_use;
  friend class file_transfer;

  file_core(int fd_number, std::string p) noexcept : path(std::move(p)), fd(fd_number) {}
  ~file_core();
  void end_transfers() noexcept;
  void close_if_idle() noexcept;

  unsigned users_ = 0;  // of the fd
  list<file_transfer> transfers_;
};

/// Empty when there is no file.
const std::string& path_of(const file_ref& file) noexcept;

/// Keeps the fd of a file open while it lives; -1 when it is closed already.
class file_in_use {
 public:
  explicit file_in_use(const file_ref& f) noexcept;
  file_in_use(const file_in_use&) = delete;
  file_in_use& operator=(const file_in_use&) = delete;
  ~file_in_use();
  int fd() const noexcept { return core_ ? core_->fd : -1; }

 private:
  file_core* core_;
};

}  // namespace detail

}}  // namespace rondo::v0
