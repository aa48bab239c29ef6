// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>
#include <string>

#include <rondo/coro/task.hpp>
#include <rondo/io/endpoint.hpp>
#include "io/socket.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// The file of a bound Unix socket; nothing for other addresses and abstract names.
/// Removed only while it is the one that was made: somebody else may have taken the
/// path over.
class unix_socket_file {
 public:
  unix_socket_file() = default;
  explicit unix_socket_file(const endpoint& bound);
  unix_socket_file(unix_socket_file&& other) noexcept;
  unix_socket_file& operator=(unix_socket_file&& other) noexcept;
  ~unix_socket_file();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Makes those wait that start on a path in the same directory, while the guard
/// lives: between the look whether somebody has the path and our own binding, another
/// starter would take our new file for a stale one and remove it. The lock is on the
/// directory and ends with the fd. Somebody else who holds such a lock for long, and a
/// directory that cannot be read, keep nobody from starting.
task<socket_guard> lock_directory_of(endpoint address);

/// Removes the file of a socket of that type that no program has: it died.
void remove_stale_socket(const endpoint& address, int type);

}}}  // namespace rondo::v0::detail
