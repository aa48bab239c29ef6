// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/remove_tree.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

#include <rondo/io/detail/file_operation.hpp>

namespace rondo::inline v0::detail {

namespace {

struct close_directory {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};
struct level {
  std::unique_ptr<DIR, close_directory> entries;
  std::string path;       // for errors, and its last part for its parent
  std::size_t name_at;
  int refills = 0;
};

[[noreturn]] void fail(const std::string& path) {
  check_file(-errno, "remove_tree", path);
  std::abort();
}

// By the parent's fd and never through a link: what takes a directory's place
// meanwhile does not lead outside.
level enter(int parent, const char* name, std::string path, std::size_t name_at) {
  int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) fail(path);
  std::unique_ptr<DIR, close_directory> entries(::fdopendir(fd));
  if (!entries) {
    ::close(fd);
    fail(path);
  }
  return {std::move(entries), std::move(path), name_at};
}

}  // namespace

void remove_tree_now(const std::string& path, const std::stop_token& stop) {
  std::vector<level> levels;
  levels.push_back(enter(AT_FDCWD, path.c_str(), path, 0));
  while (!levels.empty() && !stop.stop_requested()) {
    level& l = levels.back();
    int here = ::dirfd(l.entries.get());
    errno = 0;
    if (dirent* e = ::readdir(l.entries.get())) {
      const char* name = e->d_name;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      if (e->d_type != DT_DIR) {
        if (::unlinkat(here, name, 0) == 0 || errno == ENOENT) continue;
        std::string full = l.path + "/" + name;
        if (errno != EISDIR) fail(full);
      }
      try {
        levels.push_back(enter(here, name, l.path + "/" + name, l.path.size() + 1));
      } catch (const std::system_error& error) {
        int code = error.code().value();
        if (code == ENOENT) continue;
        // Another kind of file has taken its place.
        bool replaced = code == ENOTDIR || code == ELOOP;
        if (!replaced || ::unlinkat(here, name, 0) != 0) throw;
      }
      continue;
    }
    if (errno != 0) fail(l.path);
    int parent = levels.size() > 1 ? ::dirfd(levels[levels.size() - 2].entries.get()) : AT_FDCWD;
    if (::unlinkat(parent, l.path.c_str() + l.name_at, AT_REMOVEDIR) == 0 || errno == ENOENT) {
      levels.pop_back();
      continue;
    }
    // Something came meanwhile, or the file system lost its place.
    constexpr int most_refills = 3;
    if ((errno != ENOTEMPTY && errno != EEXIST) || l.refills++ == most_refills) fail(l.path);
    ::rewinddir(l.entries.get());
  }
}

}  // namespace rondo::inline v0::detail
