// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/file_core.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <new>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/io/errors.hpp>
#include "io/check_file.hpp"
#include "io/file_operation.hpp"
#include "io/file_status.hpp"
#include "io/on_thread.hpp"
#include "io/socket.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// Sets the position of a regular file when a composite ends before its time.
class position_guard {
 public:
  explicit position_guard(const file_ref& f) noexcept
      : file_(f.get()), start_(file_ ? ::lseek(file_->open_fd(), 0, SEEK_CUR) : -1) {}
  position_guard(const position_guard&) = delete;
  ~position_guard() {
    if (start_ >= 0) ::lseek(file_->open_fd(), start_, SEEK_SET);
  }
  std::int64_t start() const noexcept { return start_; }
  void advance(std::size_t n) noexcept {
    if (start_ >= 0) start_ += static_cast<off_t>(n);
  }
  void dismiss() noexcept { start_ = -1; }

 private:
  file_core* file_;
  off_t start_;  // -1: it has none
};

}  // namespace

const std::string& path_of(const file_ref& file) noexcept {
  static const std::string none;
  return file ? file->path : none;
}

file_core* file_core::take(int fd, std::string path, int flags) {
  auto* core = new (std::nothrow) file_core(fd, std::move(path));
  if (!core) {
    if (fd >= 0) ::close(fd);
    throw std::bad_alloc();
  }
  if (flags >= 0) {
    core->nonblocking = flags & O_NONBLOCK;
    core->append = flags & O_APPEND;
    core->read_only = (flags & O_ACCMODE) == O_RDONLY;
  }
  core->closed = fd < 0;
  struct statx info{};
  // Type alone: no network file system asks its server for that.
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &info) != 0) return core;
  if (S_ISREG(info.stx_mode) || S_ISBLK(info.stx_mode)) {
    core->what = kind::stored;
  } else if (S_ISDIR(info.stx_mode)) {
    core->what = kind::directory;
  } else {
    core->what = S_ISFIFO(info.stx_mode) ? kind::fifo : kind::stream;
  }
  return core;
}

file_core::~file_core() {
  closed = true;
  close_if_idle();
}

void file_core::shut_down() noexcept {
  closed = true;
  end_transfers();
  close_if_idle();
}

int file_core::give_away() noexcept {
  closed = true;
  end_transfers();
  return std::exchange(fd, -1);
}

int file_core::open_fd() const noexcept {
  if (!closed) return fd;
  errno = EBADF;
  return -1;
}

std::int64_t file_core::size() const noexcept {
  struct statx info{};
  if (::statx(open_fd(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &info) != 0)
    return -errno;
  return static_cast<std::int64_t>(info.stx_size);
}

void file_core::end_transfers() noexcept {
  for (file_transfer& t : transfers_) t.abort();
}

void file_core::close_if_idle() noexcept {
  if (!closed || users_ > 0 || fd < 0) return;
  int closing = std::exchange(fd, -1);
  if (ready_or_not()) {
    close_socket(closing);  // the backend may have been asked to poll it
  } else {
    ::close(closing);
  }
}

file_in_use::file_in_use(const file_ref& f) noexcept : core_(f && !f->closed ? f.get() : nullptr) {
  if (core_) ++core_->users_;
}

file_in_use::~file_in_use() {
  if (!core_) return;
  --core_->users_;
  core_->close_if_idle();
}

task<std::size_t> file_core::read_some(file_ref self, std::span<char> into) {
  file_transfer read(self, opcode::read, into.data(), into.size(), -1);
  co_return static_cast<std::size_t>(check_file(co_await read, "read", self));
}

task<std::string> file_core::read(file_ref self, std::size_t max) {
  std::string text;
  position_guard unread(self);
  std::size_t expected = 0;
  if (self && self->what == kind::stored) {
    auto all = static_cast<std::uint64_t>(check_file(self->size(), "stat", self));
    auto at = static_cast<std::uint64_t>(std::max<std::int64_t>(unread.start(), 0));
    if (all > at && all - at > max) check_file(-EFBIG, "read", self);
    if (all > at) expected = static_cast<std::size_t>(all - at);
  }
  constexpr std::size_t unknown = 4096;  // /proc says 0
  // Little by little: a string fills with zeros what it grows by, and a gigabyte
  // of that would hold the loop.
  constexpr std::size_t step = 512 * 1024;
  text.reserve(expected + 1);
  std::size_t filled = 0;
  for (;;) {
    if (text.size() == filled) {
      // One byte more than expected, to meet the end without growing.
      std::size_t more = expected >= filled ? expected + 1 - filled : filled;
      text.resize(filled + std::clamp(more, expected > 0 ? 1 : unknown, step));
    }
    std::span<char> room(text.data() + filled, text.size() - filled);
    std::size_t n = co_await read_some(self, room);
    if (n == 0) break;
    filled += n;
    if (filled > max) check_file(-EFBIG, "read", self);
  }
  text.resize(filled);
  unread.dismiss();
  co_return text;
}

task<std::size_t> file_core::pread(file_ref self, std::span<char> into, std::uint64_t offset) {
  if (offset > INT64_MAX) check_file(-EINVAL, "read", self);
  std::size_t filled = 0;
  while (filled < into.size()) {
    file_transfer read(self, opcode::read, into.data() + filled, into.size() - filled,
                       static_cast<std::int64_t>(offset + filled));
    std::int64_t n = check_file(co_await read, "read", self);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  co_return filled;
}

task<> file_core::write(file_ref self, std::string_view data, std::int64_t offset) {
  if (offset < -1) check_file(-EINVAL, "write", self);
  while (!data.empty()) {
    file_transfer write(self, opcode::write, const_cast<char*>(data.data()), data.size(), offset);
    std::int64_t n = check_file(co_await write, "write", self);
    if (n == 0) check_file(-ENOSPC, "write", self);
    data.remove_prefix(static_cast<std::size_t>(n));
    if (offset >= 0) offset += n;
  }
}

async_generator<std::string> file_core::lines(file_ref self, std::size_t longest) {
  constexpr std::size_t chunk = 64 * 1024;
  std::string buffer;
  std::size_t begin = 0;    // of the line that comes next
  std::size_t scanned = 0;  // no '\n' before it
  std::size_t filled = 0;
  bool over = false;
  position_guard unread(self);
  for (;;) {
    std::size_t end = std::string_view(buffer.data(), filled).find('\n', scanned);
    std::size_t length = (end == buffer.npos ? filled : end + 1) - begin;
    if (length > longest)
      throw limit_overrun_error("read " + path_of(self) + ": a line is longer than " +
                                std::to_string(longest) + " bytes");
    if (end != buffer.npos || (over && length > 0)) {
      std::string line(buffer, begin, length);
      begin += length;
      scanned = begin;
      unread.advance(length);
      co_yield std::move(line);
      continue;
    }
    if (over) {
      unread.dismiss();
      co_return;
    }
    buffer.erase(0, begin);
    filled -= begin;
    begin = 0;
    scanned = filled;
    buffer.resize(filled + chunk);
    std::span<char> room(buffer.data() + filled, chunk);
    std::size_t n = co_await read_some(self, room);
    filled += n;
    over = n == 0;
  }
}

task<> file_core::sync(file_ref self, bool data_only) {
  file_in_use used(self);
  file_request sync(opcode::fsync, used.fd(), data_only ? "file.sync_data" : "file.sync");
  sync.flags = data_only;
  check_file(co_await sync, "sync", self);
}

task<> file_core::truncate(file_ref self, std::uint64_t size) {
  file_in_use used(self);
  auto call = [&] { return ::ftruncate(used.fd(), static_cast<off_t>(size)); };
  co_await on_thread("truncate", path_of(self), call);
}

task<file_status> file_core::status(file_ref self) {
  file_in_use used(self);
  struct stat info{};
  auto call = [&] { return ::fstat(used.fd(), &info); };
  co_await on_thread("stat", path_of(self), call);
  co_return to_status(info);
}

task<> file_core::close(file_ref self) {
  if (!self || self->closed) co_return;
  // Ends what waits for it. With nothing left to be written, or a user that is
  // still at work, this does not wait.
  file_core& file = *self;
  if (file.read_only || file.ready_or_not() || file.users_ > 0) {
    file.shut_down();
    co_return;
  }
  // A cancelled task does not even begin to close: then the last reference does.
  file.closed = true;
  file_request close(opcode::close, file.fd, "file.close");
  std::int64_t result = co_await close;
  file.fd = -1;
  check_file(result, "close", path_of(self));
}

}}}  // namespace rondo::v0::detail
