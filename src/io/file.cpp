// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <stop_token>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/io/detail/file_operation.hpp>
#include <rondo/io/detail/file_status.hpp>
#include <rondo/io/detail/on_thread.hpp>
#include <rondo/io/detail/replacement.hpp>
#include <rondo/io/detail/socket.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/loop/sleep.hpp>

namespace rondo::inline v0 {

using detail::check_file;
using detail::file_request;
using detail::file_transfer;
using detail::opcode;
using namespace std::chrono_literals;

namespace {

int open_flags(file_mode mode) {
  switch (mode) {
    case file_mode::read:
      return O_RDONLY;
    case file_mode::write:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case file_mode::append:
      return O_WRONLY | O_CREAT | O_APPEND;
    case file_mode::read_write:
      return O_RDWR;
    case file_mode::create:
      return O_WRONLY | O_CREAT | O_EXCL;
    case file_mode::read_write_create:
      return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

/// Sets the position of a regular file when a composite ends before its time.
class position_guard {
 public:
  explicit position_guard(int fd) noexcept : fd_(fd), start_(::lseek(fd, 0, SEEK_CUR)) {}
  position_guard(const position_guard&) = delete;
  ~position_guard() {
    if (start_ >= 0) ::lseek(fd_, start_, SEEK_SET);
  }
  std::int64_t start() const noexcept { return start_; }
  void advance(std::size_t n) noexcept {
    if (start_ >= 0) start_ += static_cast<off_t>(n);
  }
  void dismiss() noexcept { start_ = -1; }

 private:
  int fd_;
  off_t start_;  // -1: it has none
};

}  // namespace

file::file(int fd, std::string path) noexcept : file(fd, std::move(path), ::fcntl(fd, F_GETFL)) {}

file::file(int fd, std::string path, int flags) noexcept : fd_(fd), path_(std::move(path)) {
  if (flags >= 0) {
    traits_.nonblocking = flags & O_NONBLOCK;
    traits_.append = flags & O_APPEND;
    traits_.read_only = (flags & O_ACCMODE) == O_RDONLY;
  }
  struct statx info {};
  // Type alone: no network file system asks its server for that.
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &info) != 0) return;
  if (S_ISREG(info.stx_mode) || S_ISBLK(info.stx_mode)) {
    traits_.what = kind::stored;
  } else if (S_ISDIR(info.stx_mode)) {
    traits_.what = kind::directory;
  } else {
    traits_.what = S_ISFIFO(info.stx_mode) ? kind::fifo : kind::stream;
  }
}

file::~file() {
  if (fd_ >= 0) close_now(fd_);
}

void file::close_now(int fd) noexcept {
  if (ready_or_not()) {
    detail::close_socket(fd);  // the backend may have been asked to poll it
  } else {
    ::close(fd);
  }
}

task<std::size_t> file::read_some(std::span<char> into) {
  file_transfer read(*this, opcode::read, into.data(), into.size(), -1);
  co_return static_cast<std::size_t>(check_file(co_await read, "read", path_));
}

task<std::string> file::read(std::size_t max) {
  std::string text;
  position_guard unread(fd_);
  std::size_t expected = 0;
  if (traits_.what == kind::stored) {
    std::uint64_t all = size();
    auto at = static_cast<std::uint64_t>(std::max<std::int64_t>(unread.start(), 0));
    if (all > at && all - at > max) check_file(-EFBIG, "read", path_);
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
    std::size_t n = co_await read_some({text.data() + filled, text.size() - filled});
    if (n == 0) break;
    filled += n;
    if (filled > max) check_file(-EFBIG, "read", path_);
  }
  text.resize(filled);
  unread.dismiss();
  co_return text;
}

task<std::size_t> file::pread(std::span<char> into, std::uint64_t offset) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    file_transfer read(*this, opcode::read, into.data() + filled, into.size() - filled,
                       static_cast<std::int64_t>(offset + filled));
    std::int64_t n = check_file(co_await read, "read", path_);
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  co_return filled;
}

task<> file::write_all(std::string_view data, std::int64_t offset) {
  while (!data.empty()) {
    file_transfer write(*this, opcode::write, const_cast<char*>(data.data()), data.size(), offset);
    std::int64_t n = check_file(co_await write, "write", path_);
    if (n == 0) check_file(-ENOSPC, "write", path_);
    data.remove_prefix(static_cast<std::size_t>(n));
    if (offset >= 0) offset += n;
  }
}

task<> file::write(std::string_view data) { co_await write_all(data, -1); }

task<> file::pwrite(std::string_view data, std::uint64_t offset) {
  if (offset > INT64_MAX) check_file(-EINVAL, "write", path_);
  co_await write_all(data, static_cast<std::int64_t>(offset));
}

async_generator<std::string> file::lines(std::size_t longest) {
  constexpr std::size_t chunk = 64 * 1024;
  std::string buffer;
  std::size_t begin = 0;    // of the line that comes next
  std::size_t scanned = 0;  // no '\n' before it
  std::size_t filled = 0;
  bool over = false;
  position_guard unread(fd_);
  for (;;) {
    std::size_t end = std::string_view(buffer.data(), filled).find('\n', scanned);
    std::size_t length = (end == buffer.npos ? filled : end + 1) - begin;
    if (length > longest)
      throw limit_overrun_error("read " + path_ + ": a line is longer than " +
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
    std::size_t n = co_await read_some({buffer.data() + filled, chunk});
    filled += n;
    over = n == 0;
  }
}

task<> file::sync() {
  file_request sync(opcode::fsync, fd_, "file.sync");
  check_file(co_await sync, "sync", path_);
}

task<> file::sync_data() {
  file_request sync(opcode::fsync, fd_, "file.sync_data");
  sync.flags = 1;
  check_file(co_await sync, "sync", path_);
}

task<> file::truncate(std::uint64_t size) {
  auto call = [&] { return ::ftruncate(fd_, static_cast<off_t>(size)); };
  co_await detail::on_thread("truncate", path_, call);
}

task<file_status> file::status() {
  struct stat info {};
  auto call = [&] { return ::fstat(fd_, &info); };
  co_await detail::on_thread("stat", path_, call);
  co_return detail::to_status(info);
}

std::uint64_t file::size() const {
  struct statx info {};
  if (::statx(fd_, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &info) != 0)
    check_file(-errno, "stat", path_);
  return info.stx_size;
}

void file::seek(std::uint64_t position) {
  if (::lseek(fd_, static_cast<off_t>(position), SEEK_SET) < 0) check_file(-errno, "seek", path_);
}

std::uint64_t file::position() const {
  off_t at = ::lseek(fd_, 0, SEEK_CUR);
  if (at < 0) check_file(-errno, "seek", path_);
  return static_cast<std::uint64_t>(at);
}

task<> file::close() {
  if (fd_ < 0) co_return;
  // A cancelled task does not even begin to close: then this does.
  file owner(std::move(*this));
  path_ = owner.path_;
  if (owner.traits_.read_only || owner.ready_or_not()) {
    // Nothing is left to be written: this does not wait.
    owner.close_now(std::exchange(owner.fd_, -1));
    co_return;
  }
  file_request close(opcode::close, owner.fd_, "file.close");
  std::int64_t result = co_await close;
  owner.fd_ = -1;
  check_file(result, "close", path_);
}

task<file> open_file(std::string path, file_mode mode, unsigned permissions) {
  detail::check_path(path, "open");
  // Not blocking: a FIFO opens without its other end.
  auto flags = static_cast<unsigned>(open_flags(mode) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  auto wait = 1ms;
  for (;;) {
    file_request open(opcode::openat, AT_FDCWD, "open_file");
    open.buffer = path.data();
    open.flags = flags;
    open.length = permissions;
    std::int64_t fd = co_await open;
    if (fd == -ENXIO) {
      // A FIFO that nobody reads. There is no event for the first reader: it
      // blocks in its own open, of which inotify tells only when it is over.
      struct stat info {};
      auto call = [&] { return ::stat(path.c_str(), &info); };
      co_await detail::on_thread("open", path, call);
      if (S_ISFIFO(info.st_mode)) {
        co_await sleep(wait);
        wait = std::min(2 * wait, 50ms);
        continue;
      }
    }
    check_file(fd, "open", path);
    file opened(static_cast<int>(fd), std::move(path), static_cast<int>(flags));
    if (opened.traits_.what == file::kind::directory) check_file(-EISDIR, "open", opened.path_);
    co_return opened;
  }
}

task<std::string> read_text(std::string path, std::size_t max) {
  file f = co_await open_file(std::move(path));
  co_return co_await f.read(max);
}

async_generator<std::string> read_lines(std::string path, std::size_t longest) {
  file f = co_await open_file(std::move(path));
  auto lines = f.lines(longest);
  for (;;) {
    auto line = co_await lines.next();
    if (!line) break;
    co_yield std::move(*line);
  }
}

task<> write_text(std::string path, std::string_view text) {
  detail::check_path(path, "write");
  // All of it on one thread: it waits for the disk twice in any case.
  auto replace = [&](std::stop_token stop) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) return false;
    detail::replacement r(path, "write", path);
    if (r.replaces()) {
      // The owner first: changing it clears bits of the mode.
      if (::fchown(r.fd(), r.replaced().st_uid, r.replaced().st_gid) != 0) {
        // Not allowed to give files away: it is ours then.
      }
      if (::fchmod(r.fd(), r.replaced().st_mode & 07777) != 0) check_file(-errno, "write", path);
    }
    constexpr std::size_t chunk = 8 * 1024 * 1024;
    for (std::string_view rest = text; !rest.empty();) {
      if (stop.stop_requested()) return true;
      ssize_t n = ::write(r.fd(), rest.data(), std::min(rest.size(), chunk));
      if (n < 0) check_file(-errno, "write", path);
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    if (!stop.stop_requested()) r.commit(true);
    return true;
  };
  bool replaced = co_await to_thread(replace);
  if (replaced) co_return;
  file f = co_await open_file(path, file_mode::write);
  co_await f.write(text);
  co_await f.close();
}

}  // namespace rondo::inline v0
