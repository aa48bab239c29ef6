// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file.hpp>

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace {

struct folder {
  std::string path;
  folder() {
    char name[] = "/tmp/rondo-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~folder() { std::filesystem::remove_all(path); }
};

TEST(file, writes_and_reads_whole_files) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string text(100'000, 'q');
    co_await rondo::write_text(dir.path + "/a", text);
    EXPECT_EQ(co_await rondo::read_text(dir.path + "/a"), text);
    EXPECT_FALSE(std::filesystem::exists(dir.path + "/a.part"));
  });
}

TEST(file, errors_name_the_path) {
  test::run([]() -> rondo::task<> {
    try {
      auto f = co_await rondo::open_file("/nonexistent/file");
      ADD_FAILURE() << "opened";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "open /nonexistent/file: No such file or directory");
    }
    auto full = co_await rondo::open_file("/dev/full", rondo::file_mode::write);
    try {
      co_await full.write("x");
      ADD_FAILURE() << "wrote";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "write /dev/full: No space left on device");
    }
  });
}

std::size_t open_fds() {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

TEST(file, a_cancelled_close_leaves_no_fd) {
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    co_await rondo::read_text("/proc/self/stat");  // whatever the first use keeps open
    before = open_fds();
    for (int i = 0; i < 20; ++i) {
      auto one = []() -> rondo::task<> {
        auto f = co_await rondo::open_file("/dev/null");
        rondo::current_task().cancel();
        co_await f.close();
      };
      auto task = rondo::create_task(one());
      co_await rondo::wait(task);
    }
    after = open_fds();
  });
  EXPECT_EQ(after, before);
}

TEST(file, two_writers_do_not_mix) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string a(3'000'000, 'A');
    std::string b(10, 'B');
    co_await rondo::gather(rondo::write_text(dir.path + "/f", a), rondo::write_text(dir.path + "/f", b));
    std::string text = co_await rondo::read_text(dir.path + "/f");
    EXPECT_TRUE(text == a || text == b) << "a mixture of " << text.size() << " bytes";
  });
}

TEST(file, a_file_over_the_maximum_is_an_error) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir.path + "/a", "0123456789");
    EXPECT_EQ(co_await rondo::read_text(dir.path + "/a", 10), "0123456789");
    auto o = co_await rondo::outcome_of(rondo::read_text(dir.path + "/a", 9));
    EXPECT_TRUE(o.has_error());
  });
}

}  // namespace
