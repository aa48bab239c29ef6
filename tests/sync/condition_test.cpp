// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> wait_and_say(rondo::condition& c, test::journal& j, std::string name) {
  auto guard = co_await c.acquire();
  co_await c.wait(guard);
  EXPECT_TRUE(guard.holds());
  EXPECT_TRUE(c.locked());
  j.say(name);
}

TEST(condition, holds_the_lock_again_when_wait_returns) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    auto a = rondo::create_task(wait_and_say(c, j, "a"));
    co_await test::turns(2);
    EXPECT_FALSE(c.locked()) << "wait did not release the lock";
    {
      auto guard = co_await c.acquire();
      c.notify();
      co_await test::turns(3);
      EXPECT_TRUE(j.lines.empty()) << "the waiter went on without the lock";
    }
    co_await a;
  });
  EXPECT_EQ(j.lines, (test::lines{"a"}));
}

TEST(condition, notify_wakes_as_many_as_asked_in_order) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    std::vector<rondo::task_handle<>> waiters;
    for (const char* name : {"a", "b", "c", "d"})
      waiters.push_back(rondo::create_task(wait_and_say(c, j, name)));
    co_await test::turns(3);
    {
      auto guard = co_await c.acquire();
      c.notify(2);
    }
    co_await test::turns(10);
    EXPECT_EQ(j.lines, (test::lines{"a", "b"}));
    {
      auto guard = co_await c.acquire();
      c.notify_all();
    }
    for (auto& w : waiters) co_await w;
  });
  EXPECT_EQ(j.lines, (test::lines{"a", "b", "c", "d"}));
}

TEST(condition, waits_until_a_predicate_is_true_which_is_asked_under_the_lock) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    int items = 0;
    int asked = 0;
    auto consumer = [&]() -> rondo::task<> {
      auto guard = co_await c.acquire();
      auto enough = [&] {
        ++asked;
        EXPECT_TRUE(c.locked());
        return items == 3;
      };
      co_await c.wait(guard, enough);
      EXPECT_EQ(items, 3);
    };
    auto h = rondo::create_task(consumer());
    for (int i = 0; i < 3; ++i) {
      co_await test::turns(3);
      auto guard = co_await c.acquire();
      ++items;
      c.notify_all();
    }
    co_await h;
    EXPECT_EQ(asked, 4);
  });
}

TEST(condition, can_share_a_lock) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lock l;
    rondo::condition c(l);
    auto guard = co_await c.acquire();
    EXPECT_TRUE(l.locked());
  });
}

TEST(condition, says_when_it_is_used_without_its_lock) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    EXPECT_THROW(c.notify(), rondo::usage_error);
    rondo::lock other;
    auto guard = co_await other.acquire();
    bool refused = false;
    try {
      co_await c.wait(guard);
    } catch (const rondo::usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_TRUE(guard.holds()) << "a refused wait must not touch the guard";
  });
}

TEST(condition, cancelled_while_waiting_leaves_the_guard_empty_and_the_lock_free) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    auto a = rondo::create_task(wait_and_say(c, j, "a"));
    co_await test::turns(2);
    a.cancel();
    auto end_of_a = co_await rondo::outcome_of(a);
    EXPECT_TRUE(end_of_a.settled());
    EXPECT_FALSE(c.locked());
    auto guard = co_await c.acquire();
    c.notify_all();
  });
  EXPECT_TRUE(j.lines.empty());
}

// The notification of one who is cancelled before it holds the lock again must
// not be lost: asyncio notifies another one.
TEST(condition, passes_the_notification_of_a_cancelled_waiter_on) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    auto a = rondo::create_task(wait_and_say(c, j, "a"));
    auto b = rondo::create_task(wait_and_say(c, j, "b"));
    co_await test::turns(3);
    {
      auto guard = co_await c.acquire();
      c.notify(1);
      a.cancel();  // notified, and queues for the lock
    }
    co_await test::turns(10);
    EXPECT_TRUE(b.done()) << "the notification was lost with the cancelled waiter";
    if (!b.done()) b.cancel();
    auto end_of_b = co_await rondo::outcome_of(b);
    EXPECT_TRUE(end_of_b.settled());
    EXPECT_TRUE(a.cancelled());
    EXPECT_FALSE(c.locked());
  });
  EXPECT_EQ(j.lines, (test::lines{"b"}));
}

}  // namespace
