// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/standard_fds.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <initializer_list>

namespace rondo { inline namespace v0 { namespace detail {

void occupy_standard_fds() noexcept {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong way round, so that its users still get their error. Not closed by
    // exec: the program that is started has the same trouble.
    int placed = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (placed > STDERR_FILENO) ::close(placed);  // another thread was faster
  }
}

}}}  // namespace rondo::v0::detail
