// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/files/open_beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <rondo/exec/to_thread.hpp>
#include <rondo/loop/detail/unique_fd.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

// Not blocking: else a FIFO waits for a writer.
constexpr int to_read = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int open_with(int directory, const std::string& path, links policy, int flags,
              std::uint64_t more = 0) noexcept {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  // Magic links (/proc/self/fd) lead out, though the kernel calls them inside.
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | more;
  if (policy == links::refused) how.resolve |= RESOLVE_NO_SYMLINKS;
  long fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

/// May wait for a disk.
int open_now(int directory, const std::string& path, links policy, int flags) noexcept {
  // While something is renamed or mounted the kernel cannot tell whether ".." stays
  // inside, and says EAGAIN.
  constexpr int tries = 8;
  int fd = -EAGAIN;
  for (int i = 0; i < tries && fd == -EAGAIN; ++i) fd = open_with(directory, path, policy, flags);
  if (fd == -ENOSYS || fd == -EPERM) return open_by_steps(directory, path, flags);
  return fd;
}

}  // namespace

int open_by_steps(int directory, const std::string& path, int flags) noexcept {
  rondo::detail::unique_fd above;  // of the last step
  std::size_t begin = 0;
  for (;;) {
    std::size_t slash = path.find('/', begin);
    std::string step;
    try {
      step = path.substr(begin, slash - begin);
    } catch (const std::bad_alloc&) {
      return -ENOMEM;
    }
    bool last = slash == path.npos;
    if (step.empty() || step == "..") return -EXDEV;
    rondo::detail::unique_fd fd(
        ::openat(above ? above.get() : directory, step.c_str(),
                 O_NOFOLLOW | (last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC)));
    if (!fd) return -errno;
    if (last) return fd.release();
    above = std::move(fd);
    begin = slash + 1;
  }
}

int stat_beneath(int directory, const std::string& path, links policy,
                 struct ::stat& info) noexcept {
  int opened = open_now(directory, path, policy, O_PATH | O_CLOEXEC);
  if (opened < 0) return opened;
  rondo::detail::unique_fd fd(opened);
  return ::fstat(fd.get(), &info) < 0 ? -errno : 0;
}

task<int> open_beneath(int directory, const std::string& path, links policy) {
  int fd = open_with(directory, path, policy, to_read, RESOLVE_CACHED);
  // EINVAL: a kernel before 5.12 does not know RESOLVE_CACHED.
  bool told = fd >= 0 || (fd != -EAGAIN && fd != -EINVAL && fd != -ENOSYS && fd != -EPERM);
  if (told) co_return fd;
  auto open = [&]() noexcept { return open_now(directory, path, policy, to_read); };
  co_return co_await to_thread(open);
}

}}}  // namespace rondo::v0::http::detail
