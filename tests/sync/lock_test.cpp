// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> hold(rondo::lock& l, test::journal& j, std::string name, rondo::delay time) {
  auto guard = co_await l.acquire();
  j.say(name + " in");
  co_await rondo::sleep(time);
  j.say(name + " out");
}

TEST(lock, lets_one_in_at_a_time_first_come_first_served) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    EXPECT_FALSE(l.locked());
    co_await rondo::gather(hold(l, j, "a", 3s), hold(l, j, "b", 2s), hold(l, j, "c", 1s));
    EXPECT_FALSE(l.locked());
  });
  EXPECT_EQ(j.lines, (test::lines{"a in", "a out", "b in", "b out", "c in", "c out"}));
}

TEST(lock, cannot_be_overtaken_by_one_who_comes_while_it_is_handed_over) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    auto guard = co_await l.acquire();
    auto waiting = rondo::create_task(hold(l, j, "waiting", 0s));
    co_await test::turns(1);
    guard.release();
    EXPECT_TRUE(l.locked()) << "the next in line owns the lock before it runs";
    co_await hold(l, j, "overtaking", 0s);
    co_await waiting;
  });
  EXPECT_EQ(j.lines, (test::lines{"waiting in", "waiting out", "overtaking in", "overtaking out"}));
}

TEST(lock, is_released_by_its_guard_also_when_an_exception_leaves) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    try {
      auto guard = co_await l.acquire();
      throw 1;
    } catch (int) {
    }
    EXPECT_FALSE(l.locked());
  });
}

TEST(lock, moves_with_its_guard) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    rondo::lock::guard outer;
    EXPECT_FALSE(outer.holds());
    {
      auto guard = co_await l.acquire();
      outer = std::move(guard);
      EXPECT_FALSE(guard.holds());
    }
    EXPECT_TRUE(outer.holds());
    EXPECT_TRUE(l.locked());
    outer = rondo::lock::guard();
    EXPECT_FALSE(l.locked());
  });
}

TEST(lock, says_when_a_guard_releases_what_it_does_not_hold) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    auto guard = co_await l.acquire();
    guard.release();
    EXPECT_THROW(guard.release(), rondo::usage_error);
  });
}

TEST(lock, goes_on_to_the_next_when_a_waiter_is_cancelled) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    auto a = rondo::create_task(hold(l, j, "a", 10s));
    auto b = rondo::create_task(hold(l, j, "b", 1s));
    auto c = rondo::create_task(hold(l, j, "c", 1s));
    co_await test::turns(2);
    b.cancel();
    a.cancel();
    co_await c;
    EXPECT_TRUE(a.cancelled());
    EXPECT_TRUE(b.cancelled());
    EXPECT_FALSE(l.locked());
  });
  EXPECT_EQ(j.lines, (test::lines{"a in", "c in", "c out"}));
}

TEST(lock, handed_over_to_one_who_is_cancelled_then_is_passed_on) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    auto guard = co_await l.acquire();
    auto b = rondo::create_task(hold(l, j, "b", 1s));
    auto c = rondo::create_task(hold(l, j, "c", 1s));
    co_await test::turns(2);
    guard.release();  // b owns it now
    b.cancel();
    co_await c;
    EXPECT_TRUE(b.cancelled());
    EXPECT_FALSE(l.locked());
  });
  EXPECT_EQ(j.lines, (test::lines{"b in", "c in", "c out"}));
}

TEST(lock, acquired_within_a_time_limit_is_delivered_or_not_taken) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    {
      auto guard = co_await rondo::wait_for(l.acquire(), 1s);
      EXPECT_TRUE(l.locked());
      auto second = co_await rondo::move_on_after(l.acquire(), 1s);
      EXPECT_FALSE(second.has_value());
    }
    EXPECT_FALSE(l.locked()) << "the attempt that timed out took the lock";
  });
}

}  // namespace
