// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// wait_for, timeout_at, move_on_after, cancel_scope.
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> after(rondo::delay time, int value) {
  co_await rondo::sleep(time);
  co_return value;
}

rondo::task<> stays(test::journal& j, std::string name) {
  test::witness w(j, name);
  co_await rondo::sleep(1000s);
}

rondo::task<int> fails(rondo::delay time) {
  co_await rondo::sleep(time);
  throw std::runtime_error("boom");
}

rondo::task<> cancels_itself() {
  rondo::current_task().cancel("own will");
  co_await rondo::sleep(0s);
}

TEST(wait_for, gives_the_value_in_time) {
  test::run_virtual([]() -> rondo::task<> {
    int v = co_await rondo::wait_for(after(1s, 5), 2s);
    EXPECT_EQ(v, 5);
    co_await rondo::wait_for(rondo::sleep(1s), 2s);
    bool thrown = false;
    try {
      v = co_await rondo::wait_for(fails(1s), 2s);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(wait_for, cancels_what_takes_too_long_waits_for_it_and_throws) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto begin = rondo::now();
    try {
      co_await rondo::wait_for(stays(j, "slow"), 1s);
    } catch (const rondo::timeout_error& e) {
      j.say(e.what());
    }
    EXPECT_EQ(rondo::now() - begin, 1s);
  });
  EXPECT_EQ(j.lines, (test::lines{"~slow", "timed out after 1s"}));
}

TEST(wait_for, completion_wins_over_the_timeout) {
  test::run_virtual([]() -> rondo::task<> {
    int v = co_await rondo::wait_for(test::kernel_operation(10s, true), 1s);
    EXPECT_EQ(v, 42);
    // A coroutine that is resumed all the same and then fails: its exception wins.
    auto fails_when_cancelled = []() -> rondo::task<> {
      co_await rondo::shield(rondo::sleep(2s));
      throw std::runtime_error("boom");
    };
    std::string text;
    try {
      co_await rondo::wait_for(fails_when_cancelled(), 1s);
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "boom");
  });
}

TEST(wait_for, without_time_does_not_even_begin) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    for (rondo::delay limit : {rondo::delay(0s), rondo::delay(-1s)}) {
      try {
        co_await rondo::wait_for(stays(j, "begun"), limit);
      } catch (const rondo::timeout_error&) {
        j.say("timeout");
      }
    }
  });
  EXPECT_EQ(j.lines, (test::lines{"timeout", "timeout"}));
}

TEST(wait_for, for_ever_is_possible) {
  test::run_virtual([]() -> rondo::task<> {
    int v = co_await rondo::wait_for(after(24h * 365, 1), std::chrono::hours::max());
    EXPECT_EQ(v, 1);
  });
}

TEST(wait_for, throws_cancelled_error_when_the_child_cancelled_itself) {
  test::run_virtual([]() -> rondo::task<> {
    std::string text;
    try {
      co_await rondo::wait_for(cancels_itself(), 1s);
    } catch (const rondo::cancelled_error& e) {
      text = e.message();
    }
    EXPECT_EQ(text, "own will");
  });
}

TEST(wait_for, cancelled_cancels_the_child_and_disarms_its_timer) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      co_await rondo::wait_for(stays(j, "child"), 500s);
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    co_await rondo::sleep(1000s);
  });
  EXPECT_EQ(j.lines, (test::lines{"~child", "~body"}));
}

TEST(wait_for, of_a_handle_leaves_its_task_running) {
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(after(5s, 3));
    bool timed_out = false;
    try {
      co_await rondo::wait_for(h, 1s);
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    int v = co_await h;
    EXPECT_EQ(v, 3);
  });
}

// What a coroutine of the user holds is lost with it: said in the documentation.
TEST(wait_for, of_several_operations_loses_what_the_coroutine_had_taken) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    q.put_nowait(1);
    auto two = [&]() -> rondo::task<int> {
      int a = co_await q.get();
      int b = co_await q.get();
      co_return a + b;
    };
    bool timed_out = false;
    try {
      int sum = co_await rondo::wait_for(two(), 1s);
      EXPECT_EQ(sum, 0);
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_TRUE(q.empty());
  });
}

TEST(wait_for, nested_ones_end_with_the_shortest) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    bool timed_out = false;
    try {
      co_await rondo::wait_for(rondo::wait_for(rondo::sleep(100s), 1s), 50s);
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(rondo::now() - begin, 1s);
  });
}

TEST(timeout_at, is_wait_for_with_a_point_in_time) {
  test::run_virtual([]() -> rondo::task<> {
    auto deadline = rondo::now() + rondo::delay(2s);
    int v = co_await rondo::timeout_at(after(1s, 1), deadline);
    EXPECT_EQ(v, 1);
    bool timed_out = false;
    try {
      v = co_await rondo::timeout_at(after(10s, 2), deadline);
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(rondo::now(), deadline);
    timed_out = false;
    try {
      v = co_await rondo::timeout_at(after(0s, 2), deadline);  // it is past
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
  });
}

TEST(move_on_after, gives_an_optional) {
  test::run_virtual([]() -> rondo::task<> {
    auto in_time = co_await rondo::move_on_after(after(1s, 5), 2s);
    EXPECT_EQ(in_time, 5);
    auto late = co_await rondo::move_on_after(after(3s, 5), 2s);
    EXPECT_FALSE(late);
    auto nothing = co_await rondo::move_on_after(rondo::sleep(1s), 2s);
    EXPECT_EQ(nothing, rondo::none);
    bool thrown = false;
    try {
      auto v = co_await rondo::move_on_after(fails(1s), 2s);
      EXPECT_FALSE(v);
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(move_on_after, takes_its_arguments_in_both_orders) {
  test::run_virtual([]() -> rondo::task<> {
    EXPECT_FALSE(co_await rondo::move_on_after(1s, rondo::sleep(2s)));
    EXPECT_TRUE(co_await rondo::move_on_after(2s, rondo::sleep(1s)));
  });
}

TEST(cancel_scope, gives_the_value_or_nothing_when_it_is_cancelled) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::cancel_scope scope;
    EXPECT_FALSE(scope.deadline());
    auto v = co_await scope.run(after(1s, 5));
    EXPECT_EQ(v, 5);
    auto h = rondo::call_later(1s, [&] { scope.cancel(); });
    auto none = co_await scope.run(stays(j, "inside"));
    EXPECT_FALSE(none);
    EXPECT_TRUE(scope.cancelled());
    EXPECT_FALSE(scope.timed_out());
  });
  EXPECT_EQ(j.lines, (test::lines{"~inside"}));
}

TEST(cancel_scope, that_is_cancelled_stays_cancelled) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::cancel_scope scope;
    scope.cancel();
    auto none = co_await scope.run(stays(j, "begun"));
    EXPECT_FALSE(none);
    scope.reschedule(100s);
    none = co_await scope.run(stays(j, "begun"));
    EXPECT_FALSE(none);
  });
  EXPECT_TRUE(j.lines.empty());
}

TEST(cancel_scope, has_a_deadline_that_can_be_moved) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    rondo::cancel_scope scope(5s);
    EXPECT_EQ(scope.deadline(), begin + rondo::delay(5s));
    auto later = rondo::call_later(4s, [&] { scope.reschedule(10s); });
    auto none = co_await scope.run(rondo::sleep(100s));
    EXPECT_FALSE(none);
    EXPECT_TRUE(scope.timed_out());
    EXPECT_EQ(rondo::now() - begin, 14s);
    rondo::cancel_scope sooner(50s);
    auto soon = rondo::call_later(1s, [&] { sooner.reschedule(rondo::now()); });
    none = co_await sooner.run(rondo::sleep(100s));
    EXPECT_TRUE(sooner.timed_out());
    EXPECT_EQ(rondo::now() - begin, 15s);
  });
}

TEST(cancel_scope, a_deadline_too_far_is_none) {
  test::run_virtual([]() -> rondo::task<> {
    constexpr auto last = rondo::time_point::max();
    rondo::cancel_scope a{last}, b{std::chrono::hours::max()}, c{1s}, d{1s};
    c.reschedule(last);
    d.reschedule(std::chrono::hours::max());
    EXPECT_FALSE(a.deadline());
    EXPECT_FALSE(b.deadline());
    EXPECT_FALSE(c.deadline());
    EXPECT_FALSE(d.deadline());
    auto begin = rondo::now();
    for (auto* scope : {&a, &b, &c, &d}) {
      bool ended = false;
      auto done = co_await scope->run(rondo::sleep(24h));
      ended = done.has_value();
      EXPECT_TRUE(ended);
      EXPECT_FALSE(scope->cancelled());
    }
    EXPECT_EQ(rondo::now() - begin, 96h);
    // Moved while something runs in it, there and back.
    auto away = rondo::call_later(1s, [&] { a.reschedule(5s); });
    auto back = rondo::call_later(2s, [&] { a.reschedule(last); });
    auto done = co_await a.run(rondo::sleep(24h));
    EXPECT_TRUE(done.has_value());
    rondo::cancel_scope almost{last - 1ns}, past{rondo::time_point::min()};
    done = co_await almost.run(rondo::sleep(24h));
    EXPECT_TRUE(done.has_value());
    EXPECT_FALSE(almost.cancelled());
    done = co_await past.run(rondo::sleep(24h));
    EXPECT_FALSE(done.has_value());
    EXPECT_TRUE(past.timed_out());
  });
}

// No timer is armed, so nothing keeps a program that can never go on alive.
TEST(cancel_scope, a_deadline_too_far_does_not_hide_a_deadlock) {
  auto stuck = [](auto limit) {
    return [limit]() -> rondo::task<> {
      rondo::event never;
      rondo::cancel_scope scope{limit};
      auto none = co_await scope.run(never.wait());
      EXPECT_FALSE(none);
    };
  };
  EXPECT_THROW(test::run_virtual(stuck(rondo::time_point::max())), rondo::deadlock_error);
  EXPECT_THROW(test::run_virtual(stuck(std::chrono::hours::max())), rondo::deadlock_error);
  auto waits = []() -> rondo::task<> {
    rondo::event never;
    co_await rondo::wait_for(never.wait(), std::chrono::hours::max());
  };
  EXPECT_THROW(test::run_virtual(waits), rondo::deadlock_error);
  auto waits_at = []() -> rondo::task<> {
    rondo::event never;
    co_await rondo::timeout_at(never.wait(), rondo::time_point::max());
  };
  EXPECT_THROW(test::run_virtual(waits_at), rondo::deadlock_error);
}

TEST(cancel_scope, a_deadline_too_far_works_in_real_time) {
  test::run([]() -> rondo::task<> {
    rondo::cancel_scope almost{rondo::time_point::max() - 1ns}, never{rondo::time_point::max()};
    auto done = co_await almost.run(rondo::sleep(1ms));
    EXPECT_TRUE(done.has_value());
    done = co_await never.run(rondo::sleep(1ms));
    EXPECT_TRUE(done.has_value());
  });
}

TEST(cancel_scope, runs_several_at_once) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::cancel_scope scope(2s);
    auto [a, b, c] = co_await rondo::gather(scope.run(after(1s, 1)), scope.run(after(3s, 2)),
                                            scope.run(after(4s, 3)));
    EXPECT_EQ(a, 1);
    EXPECT_FALSE(b);
    EXPECT_FALSE(c);
  });
}

TEST(cancel_scope, completion_wins_and_outer_cancellation_is_not_swallowed) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::cancel_scope scope(1s);
    auto v = co_await scope.run(test::kernel_operation(10s, true));
    EXPECT_EQ(v, 42);
    EXPECT_TRUE(scope.timed_out());

    bool went_on = false;
    auto body = [&]() -> rondo::task<> {
      rondo::cancel_scope inner(500s);
      auto none = co_await inner.run(rondo::sleep(1000s));
      EXPECT_FALSE(none);
      went_on = true;
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    EXPECT_FALSE(went_on);
  });
}

TEST(cancel_scope, throws_cancelled_error_when_only_the_child_cancelled_itself) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::cancel_scope scope(10s);
    bool thrown = false;
    try {
      auto v = co_await scope.run(cancels_itself());
      EXPECT_FALSE(v);
    } catch (const rondo::cancelled_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

}  // namespace
