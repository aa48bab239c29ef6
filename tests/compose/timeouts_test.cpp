// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// wait_for, timeout_at, move_on_after, cancel_scope.
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

#include <rondo/testing/allocations.hpp>
#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> after(rondo::delay time, int value) {
  co_await rondo::sleep(time);
  co_return value;
}

constexpr unsigned line_of_stays = __LINE__ + 3;
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
  EXPECT_EQ(j.lines,
            (test::lines{"~slow",
                         "wait_for: stays timed out after 1s, waiting for sleep 16m39s more "
                         "at timeouts_test.cpp:" +
                             std::to_string(line_of_stays)}));
}

/// What awaiting it throws.
template <class A>
rondo::task<std::string> text_of(A what) {
  try {
    static_cast<void>(co_await std::move(what));
  } catch (const rondo::timeout_error& e) {
    co_return e.what();
  }
  co_return "no timeout_error";
}

constexpr unsigned line_of_get = __LINE__ + 1;
rondo::task<int> inner(rondo::queue<int>& q) { co_return co_await q.get(); }
constexpr unsigned line_of_inner = __LINE__ + 1;
rondo::task<int> outer(rondo::queue<int>& q) { co_return co_await inner(q); }

TEST(wait_for, says_what_timed_out_and_what_that_waited_for) {
  static_cast<void>(line_of_inner);
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    const std::string get_at = " at timeouts_test.cpp:" + std::to_string(line_of_get);
    std::string said = co_await text_of(rondo::wait_for(q.get(), 1s));
    EXPECT_EQ(said, "wait_for: queue.get timed out after 1s");
    said = co_await text_of(rondo::wait_for(inner(q), 50ms));
    EXPECT_EQ(said, "wait_for: inner timed out after 0.05s, waiting for queue.get" + get_at);
    said = co_await text_of(rondo::wait_for(outer(q), 2h));
    EXPECT_EQ(said, "wait_for: outer timed out after 2h, waiting for queue.get in inner" + get_at);
    said = co_await text_of(rondo::timeout_at(inner(q), rondo::now() + rondo::delay(1s)));
    EXPECT_EQ(said, "timeout_at: inner timed out at its deadline, waiting for queue.get" + get_at);
    // The innermost of what stands one in the other.
    said = co_await text_of(rondo::wait_for(rondo::timeout_at(inner(q), rondo::now() + 5s), 1s));
    EXPECT_EQ(
        said,
        "wait_for: wait_for 4s left timed out after 1s, waiting for queue.get in inner" + get_at);
    auto both = [&]() -> rondo::task<> { co_await rondo::gather(inner(q), inner(q)); };
    said = co_await text_of(rondo::wait_for(both(), 1s));
    EXPECT_NE(said.find(" timed out after 1s, waiting for gather at timeouts_test.cpp:"), said.npos)
        << said;
    // A handle is waited for; its task goes on.
    auto h = rondo::create_task(inner(q), "the reader");
    said = co_await text_of(rondo::wait_for(h, 1s));
    EXPECT_EQ(said, "wait_for: task the reader timed out after 1s");
    h.cancel();
    auto named = [&]() -> rondo::task<> {
      rondo::current_task().set_name("by its name");
      co_await rondo::sleep(100s);
    };
    said = co_await text_of(rondo::wait_for(named(), 1s));
    EXPECT_EQ(said.substr(0, 46), "wait_for: by its name timed out after 1s, wait");
  });
}

TEST(wait_for, says_that_there_was_no_time_at_all) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    std::string said = co_await text_of(rondo::wait_for(inner(q), 0s));
    EXPECT_EQ(said, "wait_for: inner timed out after 0s, before it began");
    said = co_await text_of(rondo::wait_for(q.get(), -1500ms));
    EXPECT_EQ(said, "wait_for: queue.get timed out after -1.5s, before it began");
    said = co_await text_of(rondo::timeout_at(inner(q), rondo::now()));
    EXPECT_EQ(said, "timeout_at: inner timed out at its deadline, before it began");
  });
}

TEST(wait_for, says_less_when_memory_is_short) {
  if (!rondo::testing::allocations_can_fail)
    GTEST_SKIP() << "the sanitizer's allocator cannot be replaced";
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    std::optional<rondo::testing::failing_allocation> fault;
    auto wait = rondo::create_task(rondo::wait_for(inner(q), 1s));
    // Armed later for the same time: it comes after.
    auto before = rondo::call_later(1s - 1ns, [&] { fault.emplace(0, true); });
    auto after = rondo::call_later(1s, [&] { fault.reset(); });
    co_await test::ended(wait);
    std::string said;
    try {
      static_cast<void>(wait.result());
    } catch (const rondo::timeout_error& e) {
      said = e.what();
    }
    EXPECT_EQ(said, "wait_for: timed out after 1s");
  });
}

// The first who cancels says why.
TEST(wait_for, of_a_task_that_was_cancelled_before_the_time_was_up) {
  test::run_virtual([]() -> rondo::task<> {
    auto slow = []() -> rondo::task<> {
      rondo::current_task().cancel("own will");
      co_await rondo::sleep(0s);
    };
    auto body = [&]() -> rondo::task<> {
      rondo::current_task().cancel("own will");
      co_await rondo::finally(slow(), [] { return rondo::sleep(3s); });
    };
    std::string text;
    try {
      co_await rondo::wait_for(body(), 1s);
    } catch (const rondo::cancelled_error& e) {
      text = e.message();
    }
    EXPECT_EQ(text, "own will");
  });
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
