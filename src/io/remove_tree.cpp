// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/remove_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <rondo/loop/detail/unique_fd.hpp>
#include "io/check_file.hpp"

#include "io/directory_identity.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

struct close_directory {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};
struct level {
  std::unique_ptr<DIR, close_directory> entries;  // null: closed for those below it
  std::string path;                               // for errors, and its last part for its parent
  std::size_t name_at;
  int refills = 0;
  directory_identity identity = {};  // of one that is closed
};

[[noreturn]] void fail(const std::string& path) {
  check_file(-errno, "remove_tree", path);
  std::abort();
}

// By the parent's fd and never through a link: what takes a directory's place
// meanwhile does not lead outside.
level enter(int parent, const char* name, std::string path, std::size_t name_at) {
  unique_fd fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) fail(path);
  std::unique_ptr<DIR, close_directory> entries(::fdopendir(fd.get()));
  if (!entries) fail(path);
  fd.release();
  return {std::move(entries), std::move(path), name_at};
}

// A tree may be deeper than a process may have fds: those that are far above are
// closed, and found again by the ".." of the last that is below.
void close_far_above(std::vector<level>& levels) {
  if (levels.size() <= most_open_levels) return;
  level& far = levels[levels.size() - 1 - most_open_levels];
  if (!far.entries) return;
  if (!far.identity.take(::dirfd(far.entries.get()))) fail(far.path);
  far.entries.reset();
}

void open_again(level& above, int below) {
  if (above.entries) return;
  unique_fd fd(above.identity.open_above(below));
  if (fd) above.entries.reset(::fdopendir(fd.get()));
  if (!above.entries) fail(above.path);
  fd.release();
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
        close_far_above(levels);
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
    int parent = AT_FDCWD;
    if (levels.size() > 1) {
      level& above = levels[levels.size() - 2];
      open_again(above, here);
      parent = ::dirfd(above.entries.get());
    }
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

}}}  // namespace rondo::v0::detail
