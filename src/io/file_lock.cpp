// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/loop/sleep.hpp>
#include "io/on_thread.hpp"

namespace rondo { inline namespace v0 {

using namespace std::chrono_literals;

namespace {

task<file> open_lock_file(std::string path) {
  detail::check_path(path, "lock");
  auto open = [&] {
    int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    // One may lock what one may only read; a directory, too.
    if (fd < 0 && (errno == EACCES || errno == EROFS || errno == EISDIR))
      fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd;
  };
  std::int64_t fd = co_await detail::on_thread("lock", path, open);
  file opened(static_cast<int>(fd), std::move(path));
  co_return opened;
}

std::int64_t duplicate(int fd) noexcept {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? -errno : copy;
}

// flock(2) may ask a network file system's server: on a thread.
task<bool> try_acquire(int fd, lock_kind kind, const std::string& path) {
  auto take = [&] {
    int how = (kind == lock_kind::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB;
    if (::flock(fd, how) == 0) return 1;
    return errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
  };
  std::int64_t taken = co_await detail::on_thread("lock", path, take);
  co_return taken == 1;
}

task<> acquire(int fd, lock_kind kind, const std::string& path) {
  auto wait = 1ms;
  for (;;) {
    bool taken = co_await try_acquire(fd, kind, path);
    if (taken) co_return;
    co_await sleep(wait);
    wait = std::min(2 * wait, 50ms);
  }
}

}  // namespace

void file_lock::unlock() noexcept {
  if (fd_ < 0) return;
  // Closing is not enough: an fd of the same opening may live on elsewhere.
  ::flock(fd_, LOCK_UN);
  ::close(std::exchange(fd_, -1));
}

task<file_lock> lock_file(std::string path, lock_kind kind) {
  file opened = co_await open_lock_file(path);
  co_await acquire(opened.fd(), kind, path);
  file_lock lock(opened.release());
  co_return lock;
}

task<file_lock> lock_file(file& f, lock_kind kind) {
  std::string path = f.path();
  file same(static_cast<int>(detail::check_file(duplicate(f.fd()), "lock", path)), path);
  co_await acquire(same.fd(), kind, path);
  file_lock lock(same.release());
  co_return lock;
}

task<std::optional<file_lock>> try_lock_file(std::string path, lock_kind kind) {
  file opened = co_await open_lock_file(path);
  bool taken = co_await try_acquire(opened.fd(), kind, path);
  std::optional<file_lock> lock;
  if (taken) lock = file_lock(opened.release());
  co_return lock;
}

}}  // namespace rondo::v0
