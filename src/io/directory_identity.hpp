// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>

#include <rondo/loop/detail/unique_fd.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Of a tree that is walked, so many directories of a path are open at most.
inline constexpr std::size_t most_open_levels = 16;

/// Which directory it was, to open it again from one that was in it.
struct directory_identity {
  dev_t device = 0;
  ino_t number = 0;

  /// False: errno says why not.
  bool take(int fd) noexcept {
    struct stat info{};
    if (::fstat(fd, &info) != 0) return false;
    device = info.st_dev;
    number = info.st_ino;
    return true;
  }
  /// By the ".." of a directory in it: -1 and ESTALE if that has been moved away,
  /// which must not lead anywhere else.
  int open_above(int below) const noexcept {
    unique_fd fd(::openat(below, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return -1;
    directory_identity found;
    if (found.take(fd.get()) && found.device == device && found.number == number)
      return fd.release();
    errno = ESTALE;
    return -1;
  }
};

}}}  // namespace rondo::v0::detail
