// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <string>

#include <gtest/gtest.h>

#include <rondo/io.hpp>
#include <rondo/testing.hpp>

#include "support/async.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::testing::wait_until_all_blocked;

TEST(wait_until_all_blocked, returns_when_the_others_wait) {
  test::run([]() -> rondo::task<> {
    test::journal j;
    rondo::event go;
    auto other = rondo::create_task([&]() -> rondo::task<> {
      for (int i = 0; i < 100; ++i) co_await rondo::sleep(0s);
      j.say("waits");
      co_await go.wait();
      j.say("goes on");
    });
    co_await wait_until_all_blocked();
    j.say("all wait");
    go.set();
    co_await wait_until_all_blocked();
    EXPECT_TRUE(other.done());
    EXPECT_EQ(j.lines, (test::lines{"waits", "all wait", "goes on"}));
  });
}

TEST(wait_until_all_blocked, with_nobody_else_returns) {
  test::run([]() -> rondo::task<> { co_await wait_until_all_blocked(); });
}

TEST(wait_until_all_blocked, counts_callbacks) {
  test::run([]() -> rondo::task<> {
    int calls = 0;
    auto again = [&](auto& self) -> void {
      if (++calls < 200) rondo::call_soon([&] { self(self); });
    };
    again(again);
    co_await wait_until_all_blocked();
    EXPECT_EQ(calls, 200);
  });
}

TEST(wait_until_all_blocked, several_wait_at_the_same_time) {
  test::run([]() -> rondo::task<> {
    rondo::event go;
    auto busy = rondo::create_task([&]() -> rondo::task<> {
      for (int i = 0; i < 50; ++i) co_await rondo::sleep(0s);
      go.set();
    });
    auto watch = [&]() -> rondo::task<bool> {
      co_await wait_until_all_blocked();
      co_return go.is_set();
    };
    auto [a, b] = co_await rondo::gather(watch(), watch());
    EXPECT_TRUE(a && b);
  });
}

TEST(wait_until_all_blocked, can_be_cancelled) {
  test::run([]() -> rondo::task<> {
    auto busy = rondo::create_task([]() -> rondo::task<> {
      while (true) co_await rondo::sleep(0s);
    });
    auto watch = rondo::create_task([]() -> rondo::task<> { co_await wait_until_all_blocked(); });
    co_await test::turns(200);
    EXPECT_FALSE(watch.done());
    watch.cancel();
    co_await test::ended(watch);
    EXPECT_TRUE(watch.cancelled());
    busy.cancel();
    co_await test::ended(busy);
    co_await wait_until_all_blocked();
  });
}

TEST(wait_until_all_blocked, virtual_time_stands_still) {
  test::run_virtual([]() -> rondo::task<> {
    auto before = rondo::now();
    auto sleeper = rondo::create_task(rondo::sleep(1h));
    co_await wait_until_all_blocked();
    EXPECT_FALSE(sleeper.done());
    EXPECT_EQ(rondo::now(), before);
    co_await sleeper;
    EXPECT_EQ(rondo::now(), before + 1h);
  });
}

TEST(wait_until_all_blocked, sees_what_comes_through_a_socketpair) {
  test::run([]() -> rondo::task<> {
    auto [ours, theirs] = rondo::socketpair();
    int echoed = 0;
    rondo::stream& peer = theirs;
    auto echo = rondo::create_task([&]() -> rondo::task<> {
      while (true) {
        std::string line = co_await peer.read_line();
        if (line.empty()) co_return;
        ++echoed;
        co_await peer.write(line);
      }
    });
    co_await wait_until_all_blocked();
    EXPECT_EQ(echoed, 0);
    for (int i = 1; i <= 20; ++i) {
      co_await ours.write("a line\n");
      co_await wait_until_all_blocked();
      EXPECT_EQ(echoed, i);
      std::string back = co_await ours.read_line();
      EXPECT_EQ(back, "a line\n");
    }
    ours.close();
    co_await echo;
  });
}

}  // namespace
