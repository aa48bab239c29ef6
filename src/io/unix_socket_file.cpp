// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/unix_socket_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <utility>

#include <rondo/loop/sleep.hpp>

namespace rondo { inline namespace v0 { namespace detail {

namespace {

bool has_file(const endpoint& address) {
  return address.is_unix() && !address.address().starts_with('@');
}

}  // namespace

unix_socket_file::unix_socket_file(const endpoint& bound) {
  struct stat made;
  if (!has_file(bound) || ::lstat(bound.address().c_str(), &made) != 0) return;
  path_ = bound.address();
  device_ = made.st_dev;
  inode_ = made.st_ino;
}

unix_socket_file::unix_socket_file(unix_socket_file&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

unix_socket_file& unix_socket_file::operator=(unix_socket_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

unix_socket_file::~unix_socket_file() {
  struct stat now;
  if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ &&
      now.st_ino == inode_)
    ::unlink(path_.c_str());
}

task<socket_guard> lock_directory_of(endpoint address) {
  if (!has_file(address)) co_return socket_guard(-1);
  std::string path = address.address();
  std::size_t slash = path.rfind('/');
  std::string directory = slash == path.npos ? "." : path.substr(0, slash + 1);
  socket_guard lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  constexpr int attempts = 1000;
  for (int i = 0; i < attempts && lock.get() >= 0; ++i) {
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) break;
    co_await sleep(std::chrono::milliseconds(1));
  }
  co_return lock;
}

void remove_stale_socket(const endpoint& address, int type) {
  struct stat there;
  if (!has_file(address) || ::lstat(address.address().c_str(), &there) != 0 ||
      !S_ISSOCK(there.st_mode))
    return;
  socket_guard probe(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe.get() >= 0 && ::connect(probe.get(), address.data(), address.size()) != 0 &&
      errno == ECONNREFUSED)
    ::unlink(address.address().c_str());
}

}}}  // namespace rondo::v0::detail
