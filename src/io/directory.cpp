// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/directory.hpp>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/io/detail/file_operation.hpp>
#include <rondo/io/detail/file_status.hpp>
#include <rondo/io/detail/on_thread.hpp>

namespace rondo::inline v0 {

static_assert(std::is_trivially_destructible_v<walk_options>);

namespace {

/// An open directory, read in batches. open_and_read and read block: they are
/// for a thread.
class directory_reader {
 public:
  explicit directory_reader(std::string path) : path_(std::move(path)) {}
  directory_reader(directory_reader&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        path_(std::move(other.path_)),
        batch_(std::move(other.batch_)),
        at_(other.at_),
        complete_(other.complete_) {}
  directory_reader& operator=(directory_reader&&) = delete;
  ~directory_reader() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const noexcept { return fd_; }
  const std::string& path() const noexcept { return path_; }
  /// Whether everything has been read; what next() gives may still be left.
  bool complete() const noexcept { return complete_; }

  int open_and_read(int parent, const char* name, int flags) {
    fd_ = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    return fd_ < 0 ? -1 : read();
  }

  int read() {
    constexpr std::size_t size = 32 * 1024;
    constexpr std::size_t longest_entry = sizeof(dirent64) + 8;
    batch_.resize(size);
    at_ = 0;
    std::size_t filled = 0;
    while (filled + longest_entry < size) {
      long n = ::syscall(SYS_getdents64, fd_, batch_.data() + filled, size - filled);
      if (n < 0 && errno == ENOENT) n = 0;  // removed meanwhile: nothing is left in it
      if (n < 0) return -1;
      if (n == 0) {
        complete_ = true;
        break;
      }
      filled += static_cast<std::size_t>(n);
    }
    batch_.resize(filled);
    batch_.shrink_to_fit();
    // Some file systems do not tell the type.
    for (std::size_t i = 0; i < filled;) {
      auto& e = *reinterpret_cast<dirent64*>(batch_.data() + i);
      struct ::stat info {};
      if (e.d_type == DT_UNKNOWN && ::fstatat(fd_, e.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        e.d_type = static_cast<unsigned char>(IFTODT(info.st_mode));
      i += e.d_reclen;
    }
    return 0;
  }

  /// The next entry of the batch; false at its end.
  bool next(directory_entry& entry) {
    while (at_ < batch_.size()) {
      auto& e = *reinterpret_cast<const dirent64*>(batch_.data() + at_);
      at_ += e.d_reclen;
      std::string_view name = e.d_name;
      if (name == "." || name == "..") continue;
      entry.name = name;
      entry.path = path_;
      if (!path_.ends_with('/')) entry.path += '/';
      entry.path += name;
      entry.type = e.d_type == DT_UNKNOWN ? file_type::unknown
                                          : detail::type_of(static_cast<unsigned>(DTTOIF(e.d_type)));
      return true;
    }
    return false;
  }

 private:
  int fd_ = -1;
  std::string path_;
  std::vector<char> batch_;
  std::size_t at_ = 0;
  bool complete_ = false;
};

}  // namespace

async_generator<directory_entry> list_directory(std::string path) {
  detail::check_path(path, "list");
  directory_reader reader(path);
  auto open = [&] { return reader.open_and_read(AT_FDCWD, path.c_str(), 0); };
  co_await detail::on_thread("list", path, open);
  for (;;) {
    directory_entry entry;
    while (reader.next(entry)) co_yield std::move(entry);
    if (reader.complete()) co_return;
    auto more = [&] { return reader.read(); };
    co_await detail::on_thread("list", path, more);
  }
}

async_generator<directory_entry> walk(std::string path, walk_options options) {
  detail::check_path(path, "walk");
  if (options.max_depth == 0) co_return;
  std::vector<directory_reader> levels;
  levels.emplace_back(path);
  auto open_root = [&] { return levels.back().open_and_read(AT_FDCWD, path.c_str(), 0); };
  co_await detail::on_thread("walk", path, open_root);
  directory_entry entry;
  while (!levels.empty()) {
    if (!levels.back().next(entry)) {
      if (levels.back().complete()) {
        levels.pop_back();
      } else {
        auto more = [&] { return levels.back().read(); };
        co_await detail::on_thread("walk", levels.back().path(), more);
      }
      continue;
    }
    bool descend = entry.is_directory() && levels.size() < options.max_depth;
    directory_reader below(descend ? entry.path : std::string());
    std::string name = descend ? entry.name : std::string();
    co_yield std::move(entry);
    if (!descend) continue;
    auto open = [&]() -> std::int64_t {
      if (below.open_and_read(levels.back().fd(), name.c_str(), O_NOFOLLOW) == 0) return 1;
      // Gone, or replaced by something else (a link is ELOOP or ENOTDIR).
      bool vanished = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
      bool skipped = errno == EACCES && options.skip_permission_denied;
      return vanished || skipped ? 0 : -1;
    };
    std::int64_t opened = co_await detail::on_thread("walk", below.path(), open);
    if (opened) levels.push_back(std::move(below));
  }
}

}  // namespace rondo::inline v0
