// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/temporary_file.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <rondo/io/file_system.hpp>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;

TEST(temporary_file, is_read_and_written_and_leaves_nothing) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::temporary_file(dir.path);
    co_await f.write("hello");
    f.seek(0);
    EXPECT_EQ(co_await f.read(), "hello");
    auto status = co_await f.status();
    EXPECT_EQ(status.mode, 0600u);
    EXPECT_EQ(dir.entries(), 0u);
    co_await f.close();
    auto o = co_await rondo::outcome_of(rondo::temporary_file(dir / "no"));
    EXPECT_EQ(test::error_text(std::move(o)),
              "temporary_file " + (dir / "no") + ": No such file or directory");
    auto usual = co_await rondo::temporary_file();
    EXPECT_TRUE(usual);
  });
}

TEST(temporary_directory, is_removed_with_all_that_is_in_it) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string kept;
    {
      auto a = co_await rondo::make_temporary_directory(dir.path);
      auto b = co_await rondo::make_temporary_directory(dir.path);
      auto c = co_await rondo::make_temporary_directory(dir.path);
      EXPECT_NE(a.path(), b.path());
      auto status = co_await rondo::stat(a.path());
      EXPECT_EQ(status.mode, 0700u);
      co_await rondo::make_directory(a.path() + "/x/y", {.parents = true});
      co_await rondo::write_text(a.path() + "/x/y/f", "x");
      co_await rondo::write_text(b.path() + "/f", "x");
      co_await b.close();
      EXPECT_EQ(b.path(), "");
      EXPECT_EQ(dir.entries(), 2u);
      kept = c.release();
    }
    EXPECT_EQ(dir.entries(), 1u);
    co_await rondo::remove_directory(kept);
  });
}

TEST(temporary_file, a_cancel_that_races_leaves_nothing) {
  folder dir;
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    before = test::open_fds();
    for (int i = 0; i < 300; ++i) {
      auto one = [&]() -> rondo::task<> {
        if (i % 2) {
          auto d = co_await rondo::make_temporary_directory(dir.path);
          co_await d.close();
        } else {
          auto f = co_await rondo::temporary_file(dir.path);
          co_await f.write("x");
        }
      };
      auto h = rondo::create_task(one());
      co_await test::turns(i % 30);
      h.cancel();
      while (!h.done()) co_await rondo::sleep(0s);
      EXPECT_EQ(dir.entries(), 0u);
    }
    after = test::open_fds();
  });
  EXPECT_EQ(after, before);
}

}  // namespace
