// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <random>

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

/// Says in its destructor whether the guard holds the lock then.
struct guard_witness {
  rondo::lock::guard& guard;
  test::journal& to;
  ~guard_witness() { to.say(guard.holds() ? "holds" : "holds nothing"); }
};

rondo::task<> wait_and_tell(rondo::condition& c, test::journal& j) {
  auto guard = co_await c.acquire();
  guard_witness w{guard, j};
  co_await c.wait(guard);
  j.say("never");
}

TEST(condition, cancelled_while_the_lock_is_free_takes_it_again_before_it_is_unwound) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    auto a = rondo::create_task(wait_and_tell(c, j));
    co_await test::turns(2);
    a.cancel();
    EXPECT_TRUE(c.locked()) << "it was free, so it is taken at once";
    co_await test::ended(a);
    EXPECT_TRUE(a.cancelled());
    EXPECT_FALSE(c.locked());
    auto guard = co_await c.acquire();
    c.notify_all();
  });
  EXPECT_EQ(j.lines, (test::lines{"holds"}));
}

TEST(condition, cancelled_while_the_lock_is_held_waits_for_it_in_line) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    auto a = rondo::create_task(wait_and_tell(c, j));
    co_await test::turns(2);
    auto guard = co_await c.acquire();
    auto acquire = [&](const char* name) -> rondo::task<> {
      auto g = co_await c.acquire();
      j.say(name);
      co_await test::turns(2);
    };
    auto before = rondo::create_task(acquire("before"));
    co_await test::turns(1);
    a.cancel();
    auto after = rondo::create_task(acquire("after"));
    co_await test::turns(5);
    EXPECT_FALSE(a.done()) << "its frames died without the lock";
    EXPECT_TRUE(j.lines.empty());
    guard.release();
    co_await rondo::wait(before, after, a);
    EXPECT_TRUE(a.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"before", "holds", "after"}));
}

TEST(condition, that_times_out_holds_the_lock_in_the_handler) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::condition c;
    auto guard = co_await c.acquire();
    auto wait = rondo::wait_for(c.wait(guard), 1s);  // named: its destructor is not needed
    auto holder = [&]() -> rondo::task<> {
      auto g = co_await c.acquire();
      co_await rondo::sleep(3s);
    };
    auto h = rondo::create_task(holder());
    auto begin = rondo::now();
    bool timed_out = false;
    try {
      co_await wait;
    } catch (const rondo::timeout_error&) {
      timed_out = true;
      EXPECT_TRUE(guard.holds());
      EXPECT_EQ(rondo::now() - begin, 3s) << "it takes as long as the lock is held";
    }
    EXPECT_TRUE(timed_out);
    co_await h;
    auto never = [] { return false; };
    auto none = co_await rondo::move_on_after(c.wait(guard, never), 1s);
    EXPECT_FALSE(none);
    EXPECT_TRUE(guard.holds());
    c.notify();  // allowed: the lock is held
  });
}

// Whoever is between the two locks is unwound all the same.
TEST(condition, cancelled_while_nobody_can_give_the_lock_back_ends_with_the_loop) {
  test::journal j;
  rondo::condition c;
  std::optional<rondo::lock::guard> kept;  // outlives the loop
  auto main = [&]() -> rondo::task<> {
    rondo::create_task(wait_and_tell(c, j));
    co_await test::turns(2);
    kept.emplace(co_await c.acquire());
  };
  EXPECT_THROW(test::run_virtual(main), rondo::deadlock_error);
  EXPECT_EQ(j.lines, (test::lines{"holds nothing"}));
}

// Waits, notifications, timeouts and cancellations in every order: nobody's
// code or destructor runs without the lock, and no two at once.
TEST(condition, cancels_that_race_notifications_always_hold_the_lock) {
  test::run_virtual([]() -> rondo::task<> {
    std::mt19937 random(7);
    auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    int inside = 0, notified = 0, stopped = 0, timed_out = 0;
    struct presence {
      rondo::lock::guard& guard;
      int& inside;
      int& stopped;
      ~presence() {
        EXPECT_TRUE(guard.holds());
        EXPECT_EQ(inside, 0);
        if (rondo::unwinding()) ++stopped;
      }
    };
    for (int round = 0; round < 400; ++round) {
      rondo::condition c;
      auto waiter = [&](bool limited) -> rondo::task<> {
        auto guard = co_await c.acquire();
        presence p{guard, inside, stopped};
        try {
          if (limited) {
            co_await rondo::wait_for(c.wait(guard), 1ms * (1 + upto(3)));
          } else {
            co_await c.wait(guard);
          }
          ++notified;
        } catch (const rondo::timeout_error&) {
          ++timed_out;
        }
        EXPECT_TRUE(guard.holds());
        EXPECT_EQ(inside++, 0) << "two hold the lock";
        --inside;
      };
      auto notifier = [&]() -> rondo::task<> {
        auto guard = co_await c.acquire();
        c.notify(static_cast<std::size_t>(upto(3)));
        EXPECT_EQ(inside++, 0);
        struct leave {
          int& inside;
          ~leave() { --inside; }
        } leaves{inside};
        if (upto(2)) co_await rondo::sleep(1ms * upto(3));
      };
      std::vector<rondo::task_handle<>> all;
      for (int i = 0; i < 6; ++i) {
        all.push_back(rondo::create_task(waiter(i % 2 == 0)));
        all.push_back(rondo::create_task(notifier()));
      }
      for (int i = 0; i < 12; ++i) {
        if (upto(2)) {
          co_await rondo::sleep(0s);
        } else {
          co_await rondo::sleep(1ms);
        }
        if (upto(3) == 0) all[static_cast<std::size_t>(upto(12))].cancel();
      }
      for (auto& h : all) h.cancel();
      co_await rondo::wait(all);
      EXPECT_FALSE(c.locked());
    }
    EXPECT_GT(notified, 0);
    EXPECT_GT(stopped, 0);
    EXPECT_GT(timed_out, 0);
  });
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
