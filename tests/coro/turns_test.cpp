// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What runs in which turn.
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> say(test::journal& j, std::string line) {
  j.say(line);
  co_return;
}

TEST(turns, a_call_does_not_yield) {
  test::run_virtual([]() -> rondo::task<> {
    test::journal j;
    rondo::call_soon([&] { j.say("other"); });
    co_await say(j, "call");
    j.say("after");
    co_await test::turns(1);
    EXPECT_EQ(j.lines, (test::lines{"call", "after", "other"}));
  });
}

TEST(turns, sleep_0_lets_the_others_run_once) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto twice = [&](std::string name) -> rondo::task<> {
      j.say(name + "1");
      co_await rondo::sleep(0s);
      j.say(name + "2");
    };
    co_await rondo::gather(twice("a"), twice("b"));
  });
  EXPECT_EQ(j.lines, (test::lines{"a1", "b1", "a2", "b2"}));
}

TEST(turns, children_start_in_the_order_of_the_arguments_in_the_next_turn) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto h = rondo::create_task(say(j, "task"));
    j.say("creator goes on");
    co_await rondo::gather(say(j, "a"), say(j, "b"), say(j, "c"));
    co_await h;
  });
  EXPECT_EQ(j.lines, (test::lines{"creator goes on", "task", "a", "b", "c"}));
}

TEST(turns, a_turn_runs_exactly_what_was_ready_at_its_start) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::call_soon([&] {
      j.say("first");
      rondo::call_soon([&] { j.say("made by first"); });
    });
    rondo::call_soon([&] { j.say("second"); });
    co_await test::turns(3);
  });
  EXPECT_EQ(j.lines, (test::lines{"first", "second", "made by first"}));
}

// Operations that are ready at once do not yield, but only so many of them.
TEST(turns, ready_operations_do_not_starve_others) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::event e;
    e.set();
    bool stop = false;
    int taken = 0, others = 0;
    auto greedy = [&]() -> rondo::task<> {
      while (!stop && taken < 100'000) {
        co_await e.wait();
        ++taken;
      }
    };
    auto other = [&]() -> rondo::task<> {
      for (int i = 0; i < 10; ++i) {
        co_await test::turns(1);
        ++others;
      }
      stop = true;
    };
    co_await rondo::gather(greedy(), other());
    EXPECT_EQ(others, 10);
    EXPECT_GE(taken, 128) << "it yields although its turn has just begun";
    EXPECT_LE(taken, 12 * 129) << "it starved the other task";
  });
}

// The budget is checked before an operation takes effect: an item is not taken
// and then held back.
TEST(turns, the_budget_is_checked_before_an_operation_takes_effect) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    for (int i = 0; i < 1000; ++i) q.put_nowait(i);
    int got = 0;
    auto consumer = [&]() -> rondo::task<> {
      while (true) {
        int item = co_await q.get();
        EXPECT_EQ(item, got);
        ++got;
      }
    };
    auto h = rondo::create_task(consumer());
    co_await test::turns(1);
    EXPECT_LT(got, 1000) << "a thousand in one turn";
    EXPECT_EQ(q.size() + static_cast<std::size_t>(got), 1000u) << "an item is in nobody's hands";
    h.cancel();
    co_await test::turns(2);
    EXPECT_EQ(q.size() + static_cast<std::size_t>(got), 1000u) << "the cancellation lost an item";
    EXPECT_TRUE(h.cancelled());
  });
}

TEST(turns, equal_deadlines_expire_in_the_order_of_their_arming) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto sleeper = [&](std::string name, rondo::delay d) -> rondo::task<> {
      co_await rondo::sleep(d);
      j.say(name);
    };
    co_await rondo::gather(sleeper("late", 2s), sleeper("a", 1s), sleeper("b", 1s));
  });
  EXPECT_EQ(j.lines, (test::lines{"a", "b", "late"}));
}

}  // namespace
