// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/directory.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <set>

#include <gtest/gtest.h>
#include <rondo/io/file.hpp>
#include <rondo/io/file_system.hpp>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;

void touch(const std::string& path) { ::close(::open(path.c_str(), O_CREAT | O_WRONLY, 0600)); }

std::string first_error(auto generator) {
  std::string text = "no error";
  test::run([&]() -> rondo::task<> {
    try {
      while (auto e = co_await generator.next()) {
      }
    } catch (const std::system_error& e) {
      text = e.what();
    }
  });
  return text;
}

TEST(directory, lists_names_paths_and_types) {
  folder dir;
  touch(dir / "file");
  ::mkdir((dir / "directory").c_str(), 0700);
  ASSERT_EQ(::symlink("file", (dir / "link").c_str()), 0);
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  test::run([&]() -> rondo::task<> {
    std::set<std::string> seen;
    auto entries = rondo::list_directory(dir.path);
    while (auto e = co_await entries.next()) {
      EXPECT_EQ(e->path, dir / e->name);
      seen.insert(e->name + " " + to_string(e->type));
    }
    std::set<std::string> expected{"directory directory", "fifo fifo", "file regular",
                                   "link symlink"};
    EXPECT_EQ(seen, expected);
  });
}

TEST(directory, of_any_size_is_listed_once_each) {
  folder dir;
  constexpr int count = 5000;
  for (int i = 0; i < count; ++i)
    touch(dir / ("a name that is a little longer " + std::to_string(i)));
  test::run([&]() -> rondo::task<> {
    std::set<std::string> seen;
    int n = 0;
    auto entries = rondo::list_directory(dir.path + "/");
    while (auto e = co_await entries.next()) {
      EXPECT_EQ(e->path, dir / e->name);
      seen.insert(e->name);
      ++n;
    }
    EXPECT_EQ(n, count);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
  });
}

TEST(directory, errors) {
  folder dir;
  touch(dir / "f");
  EXPECT_EQ(first_error(rondo::list_directory(dir / "no")),
            "list " + (dir / "no") + ": No such file or directory");
  EXPECT_EQ(first_error(rondo::list_directory(dir / "f")),
            "list " + (dir / "f") + ": Not a directory");
  EXPECT_EQ(first_error(rondo::walk(dir / "no")),
            "walk " + (dir / "no") + ": No such file or directory");
}

TEST(directory, walk_goes_down_and_follows_no_link) {
  folder dir;
  std::filesystem::create_directories(dir / "a/b/c");
  touch(dir / "a/b/f");
  touch(dir / "g");
  ASSERT_EQ(::symlink(".", (dir / "a/loop").c_str()), 0);
  test::run([&]() -> rondo::task<> {
    std::set<std::string> seen;
    auto tree = rondo::walk(dir.path);
    while (auto e = co_await tree.next()) {
      std::string below = e->path.substr(dir.path.size());
      std::size_t slash = below.rfind('/');
      bool directory_first = slash == 0 || seen.count(below.substr(0, slash));
      EXPECT_TRUE(directory_first) << below << " before its directory";
      seen.insert(below);
    }
    std::set<std::string> expected{"/a", "/a/b", "/a/b/c", "/a/b/f", "/a/loop", "/g"};
    EXPECT_EQ(seen, expected);
    int n = 0;
    auto top = rondo::walk(dir.path, {.max_depth = 1});
    while (auto e = co_await top.next()) ++n;
    EXPECT_EQ(n, 2);
  });
}

TEST(directory, walk_survives_what_vanishes_or_becomes_a_link) {
  folder dir;
  folder outside;
  touch(outside / "precious");
  for (const char* name : {"a", "b", "c"}) {
    std::filesystem::create_directories(dir / name);
    touch(dir / name + "/f");
  }
  test::run([&]() -> rondo::task<> {
    std::set<std::string> seen;
    auto tree = rondo::walk(dir.path);
    while (auto e = co_await tree.next()) {
      seen.insert(e->path.substr(dir.path.size()));
      if (e->name == "a") std::filesystem::remove_all(e->path);
      if (e->name == "b") {
        std::filesystem::remove_all(e->path);
        EXPECT_EQ(::symlink(outside.path.c_str(), e->path.c_str()), 0);
      }
    }
    std::set<std::string> expected{"/a", "/b", "/c", "/c/f"};
    EXPECT_EQ(seen, expected);
  });
}

TEST(directory, walk_and_what_may_not_be_read) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  folder dir;
  ::mkdir((dir / "closed").c_str(), 0);
  EXPECT_EQ(first_error(rondo::walk(dir.path)), "walk " + (dir / "closed") + ": Permission denied");
  EXPECT_EQ(first_error(rondo::walk(dir.path, {.skip_permission_denied = true})), "no error");
}

TEST(directory, a_generator_that_is_left_or_cancelled_keeps_no_fd) {
  folder dir;
  for (int i = 0; i < 30; ++i) {
    std::string sub = dir / std::to_string(i);
    std::filesystem::create_directories(sub + "/x/y");
    touch(sub + "/x/y/f");
  }
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    before = test::open_fds();
    for (int i = 0; i < 300; ++i) {
      int seen = 0;
      auto some = [&]() -> rondo::task<> {
        auto tree = rondo::walk(dir.path);
        for (; seen < i % 40; ++seen) {
          auto e = co_await tree.next();
          if (!e) break;
        }
      };
      auto h = rondo::create_task(some());
      if (i % 2) {
        co_await test::turns(i % 50);
        h.cancel();
      }
      while (!h.done()) co_await rondo::sleep(0s);
    }
    after = test::open_fds();
  });
  EXPECT_EQ(after, before);
}

/// A directory in a directory in a directory…, each with a file and another
/// directory beside it. Their path is longer than the system takes.
void make_deep_tree(const std::string& root, int depth, const std::string& name) {
  int at = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < depth; ++i) {
    ::close(::openat(at, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    EXPECT_EQ(::mkdirat(at, "beside", 0700), 0);
    ::close(::openat(at, "beside/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    EXPECT_EQ(::mkdirat(at, name.c_str(), 0700), 0);
    int below = ::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ::close(std::exchange(at, below));
  }
  ::close(at);
}

/// While it lives, this process may have so many fds.
class fd_limit {
 public:
  explicit fd_limit(rlim_t n) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = n;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  fd_limit(const fd_limit&) = delete;
  ~fd_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST(directory, a_tree_may_be_deeper_than_there_are_fds) {
  folder dir;
  constexpr int depth = 200;
  const std::string name(50, 'd');
  make_deep_tree(dir.path, depth, name);
  std::size_t before = test::open_fds();
  fd_limit few(64);
  test::run([&]() -> rondo::task<> {
    int files = 0;
    int directories = 0;
    std::set<std::string> paths;
    auto tree = rondo::walk(dir.path);
    while (auto e = co_await tree.next()) {
      ++(e->is_directory() ? directories : files);
      paths.insert(e->path);
    }
    EXPECT_EQ(files, 2 * depth);
    EXPECT_EQ(directories, 2 * depth);
    EXPECT_EQ(paths.size(), static_cast<std::size_t>(4 * depth));
    co_await rondo::remove_tree(dir.path);
    EXPECT_NE(::access(dir.path.c_str(), F_OK), 0);
  });
  EXPECT_EQ(test::open_fds(), before);
}

// What has taken the place of a directory far above is not walked, nor removed.
TEST(directory, what_is_moved_away_leads_nowhere_else) {
  folder dir;
  folder outside;
  touch(outside / "precious");
  constexpr int depth = 40;
  make_deep_tree(dir.path, depth, "d");
  test::run([&]() -> rondo::task<> {
    std::string error = "none";
    try {
      auto tree = rondo::walk(dir.path);
      bool moved = false;
      while (auto e = co_await tree.next()) {
        EXPECT_NE(e->name, "precious");
        std::string below = "/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d";
        if (moved || e->path != dir.path + below) continue;
        moved = true;  // the fourth directory is another one's child now
        EXPECT_EQ(::rename((dir.path + "/d/d/d/d").c_str(), (outside.path + "/d").c_str()), 0);
      }
      EXPECT_TRUE(moved);
    } catch (const std::system_error& e) {
      error = e.what();
    }
    // Found out when the walk comes back to there, if it needs the directory.
    EXPECT_TRUE(error == "none" || error == "walk " + (dir / "d/d/d") + ": Stale file handle")
        << error;
  });
  EXPECT_EQ(::access((outside / "precious").c_str(), F_OK), 0);
}

}  // namespace
