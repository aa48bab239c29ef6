// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/directory.hpp>

#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <rondo/io/file.hpp>

#include "io/folder.hpp"
#include "support/async.hpp"

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
    std::set<std::string> expected{"directory directory", "fifo fifo", "file regular", "link symlink"};
    EXPECT_EQ(seen, expected);
  });
}

TEST(directory, of_any_size_is_listed_once_each) {
  folder dir;
  constexpr int count = 5000;
  for (int i = 0; i < count; ++i) touch(dir / ("a name that is a little longer " + std::to_string(i)));
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
  EXPECT_EQ(first_error(rondo::list_directory(dir / "f")), "list " + (dir / "f") + ": Not a directory");
  EXPECT_EQ(first_error(rondo::walk(dir / "no")), "walk " + (dir / "no") + ": No such file or directory");
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

}  // namespace
