// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using rondo::lock_kind;
using test::folder;

TEST(file_lock, one_holder_at_a_time) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    int inside = 0;
    int most = 0;
    auto work = [&]() -> rondo::task<> {
      for (int i = 0; i < 5; ++i) {
        auto lock = co_await rondo::lock_file(dir / "lock");
        most = std::max(most, ++inside);
        co_await test::turns(3);
        --inside;
      }
    };
    co_await rondo::gather(work(), work(), work());
    EXPECT_EQ(most, 1);
  });
}

TEST(file_lock, shared_holders_keep_an_exclusive_one_out) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto a = co_await rondo::lock_file(dir / "lock", lock_kind::shared);
    auto b = co_await rondo::try_lock_file(dir / "lock", lock_kind::shared);
    EXPECT_TRUE(b);
    auto c = co_await rondo::try_lock_file(dir / "lock");
    EXPECT_FALSE(c);
    auto waiting = rondo::create_task(rondo::lock_file(dir / "lock"));
    co_await rondo::sleep(5ms);
    EXPECT_FALSE(waiting.done());
    a.unlock();
    b.reset();
    rondo::file_lock taken = co_await std::move(waiting);
    EXPECT_TRUE(taken);
    taken.unlock();
    EXPECT_FALSE(taken);
  });
}

TEST(file_lock, works_between_processes_and_with_an_open_file) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::open_file(dir / "f", rondo::file_mode::read_write_create);
    auto lock = co_await rondo::lock_file(f);
    auto other_can = [&] {
      pid_t child = ::fork();
      if (child == 0) {
        int fd = ::open((dir / "f").c_str(), O_RDWR);
        ::_exit(::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 1 : 0);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      return WEXITSTATUS(status) == 1;
    };
    EXPECT_FALSE(other_can());
    lock.unlock();
    EXPECT_TRUE(other_can());
  });
}

TEST(file_lock, errors_name_the_path) {
  test::run([]() -> rondo::task<> {
    auto o = co_await rondo::outcome_of(rondo::lock_file("/nonexistent/lock"));
    EXPECT_EQ(test::error_text(std::move(o)), "lock /nonexistent/lock: No such file or directory");
  });
}

TEST(file_lock, a_wait_that_is_cancelled_or_raced_holds_nothing) {
  folder dir;
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    {
      auto first = co_await rondo::lock_file(dir / "lock");
    }
    before = test::open_fds();
    auto take = [&]() -> rondo::task<> {
      auto lock = co_await rondo::lock_file(dir / "lock");
      co_await rondo::sleep(0s);
    };
    for (int i = 0; i < 300; ++i) {
      auto held = co_await rondo::try_lock_file(dir / "lock");
      EXPECT_TRUE(held) << "round " << i << ": somebody holds it still";
      if (!held) break;
      if (i % 3 == 0) held.reset();
      auto h = rondo::create_task(take());
      co_await test::turns(i % 40);
      held.reset();
      if (i % 5 == 0) co_await rondo::sleep(1ms);
      h.cancel();
      while (!h.done()) co_await rondo::sleep(0s);
    }
    after = test::open_fds();
  });
  EXPECT_EQ(after, before);
}

}  // namespace
