// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <stop_token>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/loop/sleep.hpp>
#include "io/check_file.hpp"
#include "io/file_operation.hpp"
#include "io/file_status.hpp"
#include "io/on_thread.hpp"
#include "io/replacement.hpp"

namespace rondo { inline namespace v0 {

using detail::check_file;
using detail::file_core;
using detail::file_request;
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

}  // namespace

file::file(int fd, std::string path)
    : core_(file_core::take(fd, std::move(path), ::fcntl(fd, F_GETFL))) {}

task<file_status> file::status() { return file_core::status(core_); }

std::uint64_t file::size() const {
  std::int64_t bytes = core_ ? core_->size() : -EBADF;
  return static_cast<std::uint64_t>(check_file(bytes, "stat", path()));
}

void file::seek(std::uint64_t position) {
  int fd = core_ ? core_->open_fd() : -1;
  if (::lseek(fd, static_cast<off_t>(position), SEEK_SET) < 0) check_file(-errno, "seek", path());
}

std::uint64_t file::position() const {
  off_t at = ::lseek(core_ ? core_->open_fd() : -1, 0, SEEK_CUR);
  if (at < 0) check_file(-errno, "seek", path());
  return static_cast<std::uint64_t>(at);
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
      struct stat info{};
      auto call = [&] { return ::stat(path.c_str(), &info); };
      co_await detail::on_thread("open", path, call);
      if (S_ISFIFO(info.st_mode)) {
        co_await sleep(wait);
        wait = std::min(2 * wait, 50ms);
        continue;
      }
    }
    check_file(fd, "open", path);
    file opened(file_core::take(static_cast<int>(fd), std::move(path), static_cast<int>(flags)));
    if (opened.internal()->what == file_core::kind::directory)
      check_file(-EISDIR, "open", opened.path());
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
    struct stat info{};
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

}}  // namespace rondo::v0
