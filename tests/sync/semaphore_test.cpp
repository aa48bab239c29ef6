// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

TEST(semaphore, lets_as_many_in_as_it_has_permits) {
  int inside = 0, most = 0, finished = 0;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::semaphore s(3);
    auto work = [&]() -> rondo::task<> {
      auto permit = co_await s.acquire();
      most = std::max(most, ++inside);
      co_await rondo::sleep(1s);
      --inside;
      ++finished;
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 10; ++i) all.push_back(work());
    co_await rondo::gather(all);
    EXPECT_FALSE(s.locked());
  });
  EXPECT_EQ(most, 3);
  EXPECT_EQ(finished, 10);
}

TEST(semaphore, serves_first_come_first_served_and_cannot_be_overtaken) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::semaphore s(1);
    auto take = [&](std::string name) -> rondo::task<> {
      auto permit = co_await s.acquire();
      j.say(name);
    };
    auto first = co_await s.acquire();
    EXPECT_TRUE(s.locked());
    auto a = rondo::create_task(take("a"));
    auto b = rondo::create_task(take("b"));
    co_await test::turns(1);
    first.release();
    EXPECT_TRUE(s.locked()) << "a permit that is handed over is not free";
    co_await take("late");
    co_await a;
    co_await b;
  });
  EXPECT_EQ(j.lines, (test::lines{"a", "b", "late"}));
}

TEST(semaphore, release_adds_a_permit_and_detach_keeps_one) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::semaphore s(0);
    EXPECT_TRUE(s.locked());
    s.release();
    EXPECT_FALSE(s.locked());
    {
      auto permit = co_await s.acquire();
      permit.detach();
      EXPECT_FALSE(permit.holds());
    }
    EXPECT_TRUE(s.locked());
    s.release();
    auto permit = co_await s.acquire();
    permit.release();
    EXPECT_THROW(permit.release(), rondo::usage_error);
  });
}

TEST(semaphore, gives_the_permit_of_a_cancelled_waiter_to_the_next) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::semaphore s(1);
    auto take = [&](std::string name) -> rondo::task<> {
      auto permit = co_await s.acquire();
      j.say(name);
      co_await rondo::sleep(1s);
    };
    auto first = co_await s.acquire();
    auto a = rondo::create_task(take("a"));
    auto b = rondo::create_task(take("b"));
    auto c = rondo::create_task(take("c"));
    co_await test::turns(1);
    a.cancel();       // waits
    first.release();  // b has it now
    b.cancel();
    co_await c;
    EXPECT_FALSE(s.locked());
  });
  EXPECT_EQ(j.lines, (test::lines{"b", "c"}));
}

TEST(bounded_semaphore, refuses_to_have_more_permits_than_it_began_with) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::bounded_semaphore s(1);
    EXPECT_THROW(s.release(), rondo::usage_error);
    auto permit = co_await s.acquire();
    permit.detach();
    s.release();
    EXPECT_THROW(s.release(), rondo::usage_error);
    EXPECT_FALSE(s.locked());
  });
}

}  // namespace
