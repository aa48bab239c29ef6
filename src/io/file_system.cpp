// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file_system.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <stop_token>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/loop/detail/unique_fd.hpp>
#include "io/check_file.hpp"
#include "io/file_operation.hpp"
#include "io/file_status.hpp"
#include "io/on_thread.hpp"
#include "io/remove_tree.hpp"
#include "io/replacement.hpp"

namespace rondo { inline namespace v0 {

using detail::check_file;
using detail::check_path;
using detail::file_request;
using detail::on_thread;
using detail::opcode;

static_assert(std::is_trivially_destructible_v<make_directory_options>);

const char* to_string(file_type t) noexcept {
  switch (t) {
    case file_type::regular:
      return "regular";
    case file_type::directory:
      return "directory";
    case file_type::symlink:
      return "symlink";
    case file_type::fifo:
      return "fifo";
    case file_type::socket:
      return "socket";
    case file_type::character_device:
      return "character_device";
    case file_type::block_device:
      return "block_device";
    case file_type::unknown:
      break;
  }
  return "unknown";
}

namespace detail {

file_type type_of(unsigned st_mode) noexcept {
  switch (st_mode & S_IFMT) {
    case S_IFREG:
      return file_type::regular;
    case S_IFDIR:
      return file_type::directory;
    case S_IFLNK:
      return file_type::symlink;
    case S_IFIFO:
      return file_type::fifo;
    case S_IFSOCK:
      return file_type::socket;
    case S_IFCHR:
      return file_type::character_device;
    case S_IFBLK:
      return file_type::block_device;
  }
  return file_type::unknown;
}

file_status to_status(const struct ::stat& info) noexcept {
  file_status s;
  s.type = type_of(info.st_mode);
  s.mode = info.st_mode & 07777;
  s.size = static_cast<std::uint64_t>(info.st_size);
  s.modified +=
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  return s;
}

}  // namespace detail

task<file_status> stat(std::string path) {
  check_path(path, "stat");
  struct ::stat info{};
  auto call = [&] { return ::stat(path.c_str(), &info); };
  co_await on_thread("stat", path, call);
  co_return detail::to_status(info);
}

task<file_status> lstat(std::string path) {
  check_path(path, "lstat");
  struct ::stat info{};
  auto call = [&] { return ::lstat(path.c_str(), &info); };
  co_await on_thread("lstat", path, call);
  co_return detail::to_status(info);
}

task<bool> exists(std::string path) {
  check_path(path, "stat");
  auto call = [&] {
    struct ::stat info{};
    if (::stat(path.c_str(), &info) == 0) return 1;
    return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
  };
  co_return co_await on_thread("stat", path, call) == 1;
}

task<> rename_file(std::string from, std::string to) {
  std::string subject = from + " to " + to;
  check_path(subject, "rename");
  file_request rename(opcode::renameat, -1, "rename_file");
  rename.buffer = from.data();
  rename.buffer2 = to.data();
  check_file(co_await rename, "rename", subject);
}

task<> remove_file(std::string path) {
  check_path(path, "remove");
  file_request remove(opcode::unlinkat, -1, "remove_file");
  remove.buffer = path.data();
  check_file(co_await remove, "remove", path);
}

task<> make_directory(std::string path, make_directory_options options) {
  check_path(path, "make_directory");
  auto make_one = [&](const std::string& name, bool exist_ok) {
    if (::mkdir(name.c_str(), static_cast<mode_t>(options.permissions)) == 0) return 0;
    if (errno != EEXIST || !exist_ok) return -1;
    struct ::stat info{};
    if (::stat(name.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return 0;
    errno = EEXIST;
    return -1;
  };
  auto call = [&] {
    int made = make_one(path, options.exist_ok);
    if (made == 0 || errno != ENOENT || !options.parents) return made;
    for (std::size_t slash = path.find('/', 1); slash != path.npos;
         slash = path.find('/', slash + 1))
      if (slash + 1 < path.size() && make_one(path.substr(0, slash), true) != 0) return -1;
    return make_one(path, options.exist_ok);
  };
  co_await on_thread("make_directory", path, call);
}

task<> remove_directory(std::string path) {
  check_path(path, "remove_directory");
  auto call = [&] { return ::rmdir(path.c_str()); };
  co_await on_thread("remove_directory", path, call);
}

task<> remove_tree(std::string path) {
  check_path(path, "remove_tree");
  auto remove = [&](std::stop_token stop) { detail::remove_tree_now(path, stop); };
  co_await to_thread(remove);
}

task<> sync_directory(std::string path) {
  check_path(path, "sync");
  auto call = [&] {
    detail::unique_fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd ? ::fsync(fd.get()) : -1;
  };
  co_await on_thread("sync", path, call);
}

task<> truncate(std::string path, std::uint64_t size) {
  check_path(path, "truncate");
  auto call = [&] { return ::truncate(path.c_str(), static_cast<off_t>(size)); };
  co_await on_thread("truncate", path, call);
}

task<> change_mode(std::string path, unsigned mode) {
  check_path(path, "change_mode");
  auto call = [&] { return ::chmod(path.c_str(), static_cast<mode_t>(mode)); };
  co_await on_thread("change_mode", path, call);
}

task<> make_symlink(std::string target, std::string path) {
  std::string subject = path + " to " + target;
  check_path(subject, "make_symlink");
  auto call = [&] { return ::symlink(target.c_str(), path.c_str()); };
  co_await on_thread("make_symlink", subject, call);
}

task<> make_hard_link(std::string existing, std::string path) {
  std::string subject = path + " to " + existing;
  check_path(subject, "make_hard_link");
  auto call = [&] { return ::link(existing.c_str(), path.c_str()); };
  co_await on_thread("make_hard_link", subject, call);
}

task<std::string> read_link(std::string path) {
  check_path(path, "read_link");
  std::string target(PATH_MAX, '\0');
  auto call = [&] { return ::readlink(path.c_str(), target.data(), target.size()); };
  std::int64_t length = co_await on_thread("read_link", path, call);
  target.resize(static_cast<std::size_t>(length));
  co_return target;
}

namespace {

/// Copies what is between two offsets, or up to the end. Throws.
class range_copier {
 public:
  range_copier(int from, int to, const std::stop_token& stop, const std::string& subject)
      : from_(from), to_(to), stop_(stop), subject_(subject) {}

  /// The number of bytes; less than length at the end or when told to stop.
  std::uint64_t copy(std::uint64_t offset, std::uint64_t length) {
    std::uint64_t done = 0;
    while (done < length && !stop_.stop_requested()) {
      std::size_t n = copy_some(static_cast<off_t>(offset + done),
                                static_cast<std::size_t>(std::min(length - done, chunk)));
      if (n == 0) break;
      done += n;
    }
    return done;
  }

 private:
  static constexpr std::uint64_t chunk = 8 * 1024 * 1024;

  std::size_t copy_some(off_t offset, std::size_t length) {
    if (in_kernel_) {
      off_t in = offset;
      off_t out = offset;
      ssize_t n = ::copy_file_range(from_, &in, to_, &out, length, 0);
      // 0: the end, or a file of the kernel's own that says it has no size.
      if (n > 0) return static_cast<std::size_t>(n);
      if (n < 0 && errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS &&
          errno != EPERM && errno != EBADF)
        check_file(-errno, "copy", subject_);
      in_kernel_ = false;
    }
    constexpr std::size_t buffer_size = 256 * 1024;
    if (!buffer_) buffer_.reset(new char[buffer_size]);
    ssize_t n = ::pread(from_, buffer_.get(), std::min(length, buffer_size), offset);
    if (n < 0) check_file(-errno, "copy", subject_);
    for (ssize_t written = 0; written < n;) {
      ssize_t w = ::pwrite(to_, buffer_.get() + written, static_cast<std::size_t>(n - written),
                           offset + written);
      if (w < 0) check_file(-errno, "copy", subject_);
      written += w;
    }
    return static_cast<std::size_t>(n);
  }

  int from_;
  int to_;
  const std::stop_token& stop_;
  const std::string& subject_;
  bool in_kernel_ = true;
  std::unique_ptr<char[]> buffer_;
};

void copy_now(const std::string& from, const std::string& to, const std::string& subject,
              const std::stop_token& stop) {
  auto check = [&](std::int64_t result) {
    if (result < 0) check_file(-errno, "copy", subject);
  };
  // Not blocking: from may be a FIFO, which is not for us.
  detail::unique_fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  check(source.get());
  struct ::stat info{};
  check(::fstat(source.get(), &info));
  if (!S_ISREG(info.st_mode))
    check_file(S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL, "copy", subject);

  detail::replacement copy(to, "copy", subject);
  if (copy.replaces() && copy.replaced().st_ino == info.st_ino &&
      copy.replaced().st_dev == info.st_dev)
    check_file(-EINVAL, "copy", subject + " (the same file)");

  range_copier ranges(source.get(), copy.fd(), stop, subject);
  std::uint64_t at = 0;
  auto size = static_cast<std::uint64_t>(info.st_size);
  bool has_holes = info.st_blocks * 512 < info.st_size;
  while (has_holes && at < size && !stop.stop_requested()) {
    off_t data = ::lseek(source.get(), static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) {  // nothing but a hole is left
      at = size;
      break;
    }
    if (data < 0) break;  // unknown here: copy all
    off_t hole = ::lseek(source.get(), data, SEEK_HOLE);
    if (hole < 0) break;
    at = static_cast<std::uint64_t>(data);
    std::uint64_t length = static_cast<std::uint64_t>(hole) - at;
    std::uint64_t n = ranges.copy(at, length);
    at += n;
    if (n < length) break;  // cut meanwhile
  }
  // What has no holes, what has grown meanwhile, and what says that it is empty.
  at += ranges.copy(at, UINT64_MAX - at);
  if (stop.stop_requested()) return;
  if (has_holes) {
    struct ::stat made{};
    check(::fstat(copy.fd(), &made));
    if (static_cast<std::uint64_t>(made.st_size) < at)
      check(::ftruncate(copy.fd(), static_cast<off_t>(at)));
  }
  // Not set-user-id and the like: the copy may have another owner.
  check(::fchmod(copy.fd(), info.st_mode & 0777));
  copy.commit(false);
}

}  // namespace

task<> copy_file(std::string from, std::string to) {
  std::string subject = from + " to " + to;
  check_path(subject, "copy");
  auto copy = [&](std::stop_token stop) { copy_now(from, to, subject, stop); };
  co_await to_thread(copy);
}

}}  // namespace rondo::v0
