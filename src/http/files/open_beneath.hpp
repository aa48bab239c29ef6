// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <string>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

enum class links : unsigned char {
  refused,  ///< ELOOP for any symbolic link
  inside,   ///< followed as long as they stay inside the directory; else EXDEV
};

/// Opens for reading what path names below the directory, and nothing outside of it,
/// whatever "..", symbolic links and renames meanwhile do. Gives the fd or -errno. Waits
/// for no FIFO, and becomes nobody's terminal; what it has opened may be anything. What
/// is in the kernel's caches is opened at once, else on a thread.
/// Cancelled: nothing is open.
task<int> open_beneath(int directory, const std::string& path, links policy);

/// stat(2) of what path names, by the same rules: 0 or -errno. Blocks.
int stat_beneath(int directory, const std::string& path, links policy,
                 struct ::stat& info) noexcept;

/// Opens at once, for kernels without openat2 (before 5.6, and some containers): step by
/// step, so no symbolic link is followed. With O_PATH and O_NOFOLLOW a link at the end is
/// opened itself.
int open_by_steps(int directory, const std::string& path, int flags) noexcept;

}}}  // namespace rondo::v0::http::detail
