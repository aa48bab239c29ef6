// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/directory.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/loop/detail/unique_fd.hpp>
#include "io/check_file.hpp"
#include "io/file_status.hpp"
#include "io/on_thread.hpp"

#include "io/directory_identity.hpp"

namespace rondo { inline namespace v0 {

static_assert(std::is_trivially_destructible_v<walk_options>);

namespace {

/// An open directory, read in batches. open_and_read and read block: they are
/// for a thread.
class directory_reader {
 public:
  explicit directory_reader(std::string path) : path_(std::move(path)) {}

  /// -1: it was set aside.
  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  /// Whether everything has been read; what next() gives may still be left.
  bool complete() const noexcept { return complete_; }

  int open_and_read(int parent, const char* name, int flags) {
    fd_ = detail::unique_fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags));
    return fd_ ? read() : -1;
  }

  int read() {
    batch_.clear();
    at_ = 0;
    return read_more();
  }

  /// Reads all that is left and closes the directory, which can be opened again.
  int set_aside() {
    while (!complete_)
      if (read_more() != 0) return -1;
    if (!identity_.take(fd())) return -1;
    fd_.close();
    return 0;
  }
  /// below: the fd of a directory in it.
  int open_again(int below) {
    fd_ = detail::unique_fd(identity_.open_above(below));
    return fd_ ? 0 : -1;
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
      entry.type = e.d_type == DT_UNKNOWN
                       ? file_type::unknown
                       : detail::type_of(static_cast<unsigned>(DTTOIF(e.d_type)));
      return true;
    }
    return false;
  }

 private:
  // Adds to the batch.
  int read_more() {
    constexpr std::size_t step = 32 * 1024;
    constexpr std::size_t longest_entry = sizeof(dirent64) + 8;
    std::size_t first = batch_.size();
    std::size_t filled = first;
    std::size_t size = first + step;
    batch_.resize(size);
    while (filled + longest_entry < size) {
      long n = ::syscall(SYS_getdents64, fd(), batch_.data() + filled, size - filled);
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
    for (std::size_t i = first; i < filled;) {
      auto& e = *reinterpret_cast<dirent64*>(batch_.data() + i);
      struct ::stat info{};
      if (e.d_type == DT_UNKNOWN && ::fstatat(fd(), e.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        e.d_type = static_cast<unsigned char>(IFTODT(info.st_mode));
      i += e.d_reclen;
    }
    return 0;
  }

  detail::unique_fd fd_;
  std::string path_;
  std::vector<char> batch_;
  std::size_t at_ = 0;
  bool complete_ = false;
  detail::directory_identity identity_;
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
        bool set_aside = levels.size() > 1 && levels[levels.size() - 2].fd() < 0;
        if (set_aside) {
          auto again = [&] { return levels[levels.size() - 2].open_again(levels.back().fd()); };
          co_await detail::on_thread("walk", levels[levels.size() - 2].path(), again);
        }
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
    if (!opened) continue;
    levels.push_back(std::move(below));
    // A tree may be deeper than a process may have fds.
    if (levels.size() <= detail::most_open_levels) continue;
    directory_reader& far = levels[levels.size() - 1 - detail::most_open_levels];
    auto set_aside = [&] { return far.set_aside(); };
    if (far.fd() >= 0) co_await detail::on_thread("walk", far.path(), set_aside);
  }
}

}}  // namespace rondo::v0
