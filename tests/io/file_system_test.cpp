// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file.hpp>
#include <rondo/io/file_system.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::error_text;
using test::folder;

rondo::task<> until_done(const auto& handle) {
  while (!handle.done()) co_await rondo::sleep(0s);
}

TEST(file_system, stat_tells_what_a_name_is) {
  folder dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", "12345");
    co_await rondo::make_symlink("f", dir / "link");
    co_await rondo::make_symlink("nowhere", dir / "dangling");
    auto f = co_await rondo::stat(dir / "f");
    EXPECT_TRUE(f.is_regular());
    EXPECT_EQ(f.size, 5u);
    auto age = std::chrono::system_clock::now() - f.modified;
    EXPECT_LT(age, 1h);
    EXPECT_GT(age, -1h);
    auto link = co_await rondo::stat(dir / "link");
    EXPECT_TRUE(link.is_regular());
    auto itself = co_await rondo::lstat(dir / "link");
    EXPECT_TRUE(itself.is_symlink());
    auto fifo = co_await rondo::stat(dir / "fifo");
    EXPECT_EQ(fifo.type, rondo::file_type::fifo);
    EXPECT_STREQ(to_string(fifo.type), "fifo");
    auto d = co_await rondo::stat(dir.path);
    EXPECT_TRUE(d.is_directory());
    EXPECT_TRUE(co_await rondo::exists(dir / "f"));
    EXPECT_FALSE(co_await rondo::exists(dir / "dangling"));
    EXPECT_FALSE(co_await rondo::exists(dir / "f/below"));
    auto missing = co_await rondo::outcome_of(rondo::stat(dir / "no"));
    EXPECT_EQ(error_text(std::move(missing)),
              "stat " + (dir / "no") + ": No such file or directory");
  });
}

TEST(file_system, names_are_made_changed_and_removed) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "a", "text");
    co_await rondo::rename_file(dir / "a", dir / "b");
    EXPECT_FALSE(co_await rondo::exists(dir / "a"));
    co_await rondo::make_hard_link(dir / "b", dir / "c");
    co_await rondo::truncate(dir / "b", 2);
    EXPECT_EQ(co_await rondo::read_text(dir / "c"), "te");
    co_await rondo::change_mode(dir / "b", 0604);
    auto status = co_await rondo::stat(dir / "c");
    EXPECT_EQ(status.mode, 0604u);
    co_await rondo::remove_file(dir / "b");
    co_await rondo::make_symlink("c", dir / "link");
    EXPECT_EQ(co_await rondo::read_link(dir / "link"), "c");
    co_await rondo::sync_directory(dir.path);

    auto renamed = co_await rondo::outcome_of(rondo::rename_file(dir / "x", dir / "y"));
    EXPECT_EQ(error_text(std::move(renamed)),
              "rename " + (dir / "x") + " to " + (dir / "y") + ": No such file or directory");
    auto removed = co_await rondo::outcome_of(rondo::remove_file(dir / "x"));
    EXPECT_EQ(error_text(std::move(removed)),
              "remove " + (dir / "x") + ": No such file or directory");
    auto link = co_await rondo::outcome_of(rondo::read_link(dir / "c"));
    EXPECT_EQ(error_text(std::move(link)), "read_link " + (dir / "c") + ": Invalid argument");
  });
}

TEST(file_system, directories) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::make_directory(dir / "a");
    auto again = co_await rondo::outcome_of(rondo::make_directory(dir / "a"));
    EXPECT_EQ(error_text(std::move(again)), "make_directory " + (dir / "a") + ": File exists");
    co_await rondo::make_directory(dir / "a", {.exist_ok = true});
    auto deep = co_await rondo::outcome_of(rondo::make_directory(dir / "x/y/z"));
    EXPECT_EQ(error_text(std::move(deep)),
              "make_directory " + (dir / "x/y/z") + ": No such file or directory");
    co_await rondo::make_directory(dir / "x/y/z/", {.parents = true});
    auto made = co_await rondo::stat(dir / "x/y/z");
    EXPECT_TRUE(made.is_directory());
    co_await rondo::write_text(dir / "f", "");
    auto file = co_await rondo::outcome_of(rondo::make_directory(dir / "f", {.exist_ok = true}));
    EXPECT_EQ(error_text(std::move(file)), "make_directory " + (dir / "f") + ": File exists");
    auto full = co_await rondo::outcome_of(rondo::remove_directory(dir / "x"));
    EXPECT_EQ(error_text(std::move(full)),
              "remove_directory " + (dir / "x") + ": Directory not empty");
    co_await rondo::remove_directory(dir / "a");
  });
}

TEST(file_system, remove_tree_removes_it_all_and_follows_no_link) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::make_directory(dir / "outside");
    co_await rondo::write_text(dir / "outside/precious", "x");
    std::string deep = dir / "tree";
    for (int i = 0; i < 200; ++i) deep += "/d";
    co_await rondo::make_directory(deep, {.parents = true});
    for (int i = 0; i < 2000; ++i) {
      auto f =
          co_await rondo::open_file(dir / ("tree/f" + std::to_string(i)), rondo::file_mode::write);
    }
    co_await rondo::make_symlink(dir / "outside", dir / "tree/link");
    co_await rondo::remove_tree(dir / "tree");
    EXPECT_FALSE(co_await rondo::exists(dir / "tree"));
    EXPECT_TRUE(co_await rondo::exists(dir / "outside/precious"));

    co_await rondo::make_symlink("outside", dir / "link");
    auto link = co_await rondo::outcome_of(rondo::remove_tree(dir / "link"));
    EXPECT_EQ(error_text(std::move(link)), "remove_tree " + (dir / "link") + ": Not a directory");
    EXPECT_TRUE(co_await rondo::exists(dir / "outside/precious"));
    auto missing = co_await rondo::outcome_of(rondo::remove_tree(dir / "no"));
    EXPECT_EQ(error_text(std::move(missing)),
              "remove_tree " + (dir / "no") + ": No such file or directory");
  });
}

TEST(file_system, copy_file_copies_content_and_permissions) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string text(20'000'000, 'c');
    for (std::size_t i = 0; i < text.size(); i += 4099) text[i] = static_cast<char>(i);
    co_await rondo::write_text(dir / "a", text);
    co_await rondo::change_mode(dir / "a", 0640);
    co_await rondo::copy_file(dir / "a", dir / "b");
    std::string copy = co_await rondo::read_text(dir / "b");
    EXPECT_TRUE(copy == text) << copy.size();
    auto status = co_await rondo::stat(dir / "b");
    EXPECT_EQ(status.mode, 0640u);

    co_await rondo::write_text(dir / "empty", "");
    co_await rondo::copy_file(dir / "empty", dir / "b");
    EXPECT_EQ(co_await rondo::read_text(dir / "b"), "") << "the old content shows through";
    // Says that its size is 0, and copy_file_range believes it.
    co_await rondo::copy_file("/proc/self/status", dir / "status");
    std::string proc = co_await rondo::read_text(dir / "status");
    EXPECT_NE(proc.find("Name:"), proc.npos);
    // From another file system.
    std::string other = "/dev/shm/rondo-copy-" + std::to_string(::getpid());
    co_await rondo::copy_file(dir / "a", other);
    std::string across = co_await rondo::read_text(other);
    EXPECT_TRUE(across == text) << across.size();
    co_await rondo::remove_file(other);
    EXPECT_EQ(dir.entries(), 4u);
  });
}

TEST(file_system, what_cannot_be_copied_is_an_error) {
  folder dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "a", "x");
    auto copy = [&](std::string from, std::string to) -> rondo::task<std::string> {
      auto o = co_await rondo::outcome_of(rondo::copy_file(from, to));
      std::string prefix = "copy " + from + " to " + to;
      std::string text = error_text(std::move(o));
      EXPECT_EQ(text.substr(0, prefix.size()), prefix);
      co_return text.substr(std::min(text.size(), prefix.size()));
    };
    EXPECT_EQ(co_await copy(dir / "no", dir / "b"), ": No such file or directory");
    EXPECT_EQ(co_await copy(dir.path, dir / "b"), ": Is a directory");
    EXPECT_EQ(co_await copy(dir / "a", dir.path), ": Is a directory");
    EXPECT_EQ(co_await copy(dir / "fifo", dir / "b"), ": Invalid argument");
    EXPECT_EQ(co_await copy(dir / "a", "/dev/null"), ": Invalid argument");
    EXPECT_EQ(co_await copy(dir / "a", dir / "a"), " (the same file): Invalid argument");
    EXPECT_EQ(dir.entries(), 2u) << "a part is left";
  });
}

TEST(file_system, a_cancelled_copy_is_all_or_nothing) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string text(64 << 20, 'c');
    co_await rondo::write_text(dir / "a", text);
    text.clear();
    int cancelled = 0;
    for (int i = 0; i < 24; ++i) {
      auto h = rondo::create_task(rondo::copy_file(dir / "a", dir / "b"));
      co_await rondo::sleep(std::chrono::microseconds(i * 100));
      h.cancel();
      co_await until_done(h);
      cancelled += h.cancelled();
      std::size_t expected = 1;
      if (co_await rondo::exists(dir / "b")) {
        auto status = co_await rondo::stat(dir / "b");
        EXPECT_EQ(status.size, 64u << 20) << "a part of it";
        co_await rondo::remove_file(dir / "b");
      } else {
        EXPECT_TRUE(h.cancelled());
      }
      EXPECT_EQ(dir.entries(), expected) << "something is left";
    }
    EXPECT_GT(cancelled, 0);
  });
}

TEST(file_system, a_cancelled_remove_tree_stops_or_is_done) {
  folder dir;
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    before = test::open_fds();
    for (int i = 0; i < 20; ++i) {
      std::string tree = dir / ("t" + std::to_string(i));
      std::filesystem::create_directories(tree + "/a/b/c");
      for (int f = 0; f < 50; ++f)
        ::close(::creat((tree + "/a/f" + std::to_string(f)).c_str(), 0600));
      auto h = rondo::create_task(rondo::remove_tree(tree));
      co_await test::turns(i * 10);
      h.cancel();
      co_await until_done(h);
      bool left = co_await rondo::exists(tree);
      EXPECT_TRUE(h.cancelled() || !left);
    }
    after = test::open_fds();
  });
  EXPECT_EQ(after, before);
}

TEST(file_system, a_rename_that_races_a_cancel_happens_or_not) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "0", "x");
    int at = 0;
    for (int i = 0; i < 500; ++i) {
      bool told = false;
      std::string from = dir / std::to_string(at), to = dir / std::to_string(1 - at);
      auto rename = [&]() -> rondo::task<> {
        co_await rondo::rename_file(from, to);
        told = true;
      };
      auto h = rondo::create_task(rename());
      co_await test::turns(i % 12);
      h.cancel();
      co_await until_done(h);
      bool happened = ::access(to.c_str(), F_OK) == 0;
      EXPECT_EQ(happened, told);
      if (happened) at = 1 - at;
    }
  });
}

}  // namespace
