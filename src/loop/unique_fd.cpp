// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/detail/unique_fd.hpp>

#include <unistd.h>
#include <cerrno>

namespace rondo { inline namespace v0 { namespace detail {

void unique_fd::close() noexcept {
  if (fd_ < 0) return;
  int error = errno;
  ::close(release());
  errno = error;
}

}}}  // namespace rondo::v0::detail
