// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/replacement.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <climits>

#include "io/check_file.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void replacement::check(long result) {
  if (result < 0) check_file(-errno, operation_, subject_);
}

replacement::replacement(std::string target, const char* operation, const std::string& subject)
    : target_(std::move(target)), operation_(operation), subject_(subject) {
  // The kernel follows first, though what the link says may not be there: it knows
  // which links may be followed (protected_symlinks, proc(5)), and its limit.
  struct stat meant{};
  bool there = ::stat(target_.c_str(), &meant) == 0;
  if (!there && errno != ENOENT) check(-1);
  follow_links();
  replaces_ = ::lstat(target_.c_str(), &replaced_) == 0;
  if (!replaces_ && errno != ENOENT) check(-1);
  // A link of /proc's to what has another name by now, or none.
  if (there != replaces_ || (there && meant.st_ino != replaced_.st_ino)) {
    errno = ENOENT;
    check(-1);
  }
  if (replaces_ && !S_ISREG(replaced_.st_mode)) {
    errno = S_ISDIR(replaced_.st_mode) ? EISDIR : EINVAL;
    check(-1);
  }
  std::size_t slash = target_.rfind('/');
  directory_ = slash == target_.npos ? "./" : target_.substr(0, slash + 1);
  static std::atomic<unsigned> counter{0};
  do {  // a name that the last process with our id has left is taken
    part_ = directory_ + ".rondo-" + std::to_string(::getpid()) + "-" + std::to_string(++counter) +
            ".part";
    fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd_ < 0 && errno == EEXIST);
  check(fd_);
}

// The last one may be of a name that is not there: that is where the file is made.
void replacement::follow_links() {
  constexpr int most = 40;  // as the kernel, path_resolution(7)
  for (int i = 0;; ++i) {
    struct stat named{};
    if (::lstat(target_.c_str(), &named) != 0 || !S_ISLNK(named.st_mode)) return;
    std::string link(PATH_MAX, '\0');
    ssize_t length = ::readlink(target_.c_str(), link.data(), link.size());
    check(length);
    link.resize(static_cast<std::size_t>(length));
    if (i == most) {
      errno = ELOOP;
      check(-1);
    }
    // From the directory that the link itself is in.
    if (link[0] != '/') link.insert(0, target_, 0, target_.rfind('/') + 1);
    target_ = std::move(link);
  }
}

replacement::~replacement() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

void replacement::commit(bool durable) {
  if (durable) check(::fsync(fd_));
  int closing = std::exchange(fd_, -1);
  int failed = ::close(closing);
  if (failed == 0) failed = ::rename(part_.c_str(), target_.c_str());
  if (failed != 0) {
    int error = errno;
    ::unlink(part_.c_str());
    errno = error;
    check(-1);
  }
  part_.clear();
  if (!durable) return;
  int directory = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  check(directory);
  failed = ::fsync(directory);
  int error = errno;
  ::close(directory);
  errno = error;
  if (failed != 0 && error != EINVAL) check(-1);  // EINVAL: this file system has no such thing
}

}}}  // namespace rondo::v0::detail
