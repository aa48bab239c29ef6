// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// shield and finally.
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> work(test::journal& j, rondo::delay time) {
  test::witness w(j, "work");
  co_await rondo::sleep(time);
  j.say("work done");
  co_return 1;
}

rondo::task<> cleanup(test::journal& j, rondo::delay time = 1s) {
  test::witness w(j, "cleanup");
  co_await rondo::sleep(time);
  j.say("cleaned up");
}

/// A cleanup that throws instead of giving a task.
struct refuses {
  RONDO_CORO_WRAPPER rondo::task<> operator()() const { throw std::logic_error("not even a task"); }
};

TEST(shield, lets_a_cancelled_parent_wait_get_the_value_and_stop_after) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      int v = co_await rondo::shield(work(j, 5s));
      j.say("value " + std::to_string(v));
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"work done", "~work", "value 1", "~body"}));
}

TEST(shield, stops_a_cancellation_on_its_way_down_at_any_depth) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto inner = [&]() -> rondo::task<> {
      co_await rondo::gather(rondo::shield(work(j, 5s)), rondo::sleep(1000s));
    };
    auto h = rondo::create_task(inner());
    co_await test::turns(4);
    h.cancel();
    co_await test::ended(h);
  });
  EXPECT_EQ(j.lines, (test::lines{"work done", "~work"}));
}

TEST(shield, begun_by_a_cancelled_task_does_not_run) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      int v = co_await rondo::shield(work(j, 1s));
      j.say("never" + std::to_string(v));
    };
    auto h = rondo::create_task(body());
    co_await test::ended(h);
  });
  EXPECT_TRUE(j.lines.empty());
}

TEST(shield, passes_exceptions_on) {
  test::run_virtual([]() -> rondo::task<> {
    auto fails = []() -> rondo::task<> {
      co_await rondo::sleep(1s);
      throw std::runtime_error("boom");
    };
    bool thrown = false;
    try {
      co_await rondo::shield(fails());
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(finally, runs_the_cleanup_after_success_failure_and_cancellation) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto clean = [&]() -> rondo::task<> { co_await cleanup(j); };
    int v = co_await rondo::finally(work(j, 1s), clean);
    EXPECT_EQ(v, 1);
    j.say("--");
    auto fails = [&]() -> rondo::task<> {
      co_await rondo::sleep(1s);
      throw std::runtime_error("boom");
    };
    try {
      co_await rondo::finally(fails(), clean);
    } catch (const std::runtime_error& e) {
      j.say(e.what());
    }
    j.say("--");
    auto body = [&]() -> rondo::task<> {
      int value = co_await rondo::finally(work(j, 100s), clean);
      j.say("never" + std::to_string(value));
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"work done", "~work", "cleaned up", "~cleanup", "--",  //
                                  "cleaned up", "~cleanup", "boom", "--",                //
                                  "~work", "cleaned up", "~cleanup"}));
}

TEST(finally, cancels_a_cleanup_that_takes_longer_than_its_limit) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto clean = [&]() -> rondo::task<> { co_await cleanup(j, 100s); };
    auto body = [&]() -> rondo::task<> {
      int value = co_await rondo::finally(work(j, 100s), clean, 2s);
      j.say("never" + std::to_string(value));
    };
    auto begin = rondo::now();
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_EQ(rondo::now() - begin, 2s);
  });
  EXPECT_EQ(j.lines, (test::lines{"~work", "~cleanup"}));
}

rondo::task<> rollback_reply() { co_await rondo::sleep(100s); }
rondo::task<> rollback() {
  co_await rondo::sleep(1s);
  co_await rollback_reply();
}

TEST(finally, says_that_a_cleanup_was_cut_off_where_and_whose) {
  test::diagnostics said;
  test::run_virtual([&]() -> rondo::task<> {
    said.listen();
    auto body = [&]() -> rondo::task<> { co_await rondo::finally(rondo::sleep(1s), rollback, 2s); };
    auto end = co_await rondo::outcome_of(rondo::create_task(body(), "transfer"));
    EXPECT_TRUE(end.has_value());
    auto direct = [] { return rondo::sleep(100s); };
    end = co_await rondo::outcome_of(
        rondo::create_task(rondo::finally(rondo::sleep(1s), direct, 1500ms), "waits"));
    // A cleanup that completes all the same is not cut off.
    auto wins = [] { return test::kernel_operation(10s, true); };
    co_await rondo::finally(rondo::sleep(1s), wins, 2s);
  });
  EXPECT_EQ(said.kinds, (std::vector<rondo::problem>(2, rondo::problem::cleanup_cut_off)));
  EXPECT_EQ(
      said.messages,
      (test::lines{"the cleanup 'rollback' of task 'transfer' was cut off after its limit of 2s, "
                   "waiting for sleep 99s more in rollback_reply at shield_test.cpp:146",
                   "the cleanup 'sleep' of task 'waits' was cut off after its limit of 1.5s"}));
}

TEST(finally, begun_by_a_cancelled_task_runs_neither) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto clean = [&]() -> rondo::task<> { co_await cleanup(j); };
    auto body = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      int value = co_await rondo::finally(work(j, 1s), clean);
      j.say("never" + std::to_string(value));
    };
    auto h = rondo::create_task(body());
    co_await test::ended(h);
  });
  EXPECT_TRUE(j.lines.empty());
}

#if !RONDO_GCC_BEFORE_13  // it refuses such closures: docs/compilers.md
TEST(finally, keeps_its_closure_alive) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto op = [&] {
      std::string text = "a text that is too long for a small string";
      return rondo::finally(rondo::sleep(1s), [text, &j]() -> rondo::task<> {
        co_await rondo::sleep(1s);
        j.say(text);
      });
    }();
    co_await op;
  });
  EXPECT_EQ(j.lines, (test::lines{"a text that is too long for a small string"}));
}
#endif

TEST(finally, throws_the_cleanups_exception_in_place_of_the_bodys_and_reports_that) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto fails = [](std::string text) -> rondo::task<> {
      co_await rondo::sleep(0s);
      throw std::runtime_error(text);
    };
    auto clean = [&]() -> rondo::task<> { co_await fails("cleanup"); };
    std::string text;
    try {
      co_await rondo::finally(fails("body"), clean);
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "cleanup");
    refuses not_even_a_task;
    try {
      co_await rondo::finally(rondo::sleep(1s), not_even_a_task);
    } catch (const std::logic_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "not even a task");
  });
  EXPECT_EQ(d.messages.size(), 1u);
  EXPECT_TRUE(d.mentions("std::runtime_error: body"));
}

TEST(finally, of_a_cancelled_task_reports_a_failed_cleanup) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto clean = []() -> rondo::task<> {
      co_await rondo::sleep(0s);
      throw std::runtime_error("cleanup");
    };
    auto body = [&]() -> rondo::task<> { co_await rondo::finally(rondo::sleep(10s), clean); };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(d.messages.size(), 1u);
  EXPECT_TRUE(d.mentions("std::runtime_error: cleanup"));
}

// A cleanup may itself wait for several things, with a time limit.
TEST(finally, a_cleanup_may_use_everything_in_a_cancelled_task) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto clean = [&]() -> rondo::task<> {
      co_await rondo::gather(cleanup(j, 1s), cleanup(j, 2s));
      auto late = co_await rondo::move_on_after(cleanup(j, 100s), 1s);
      j.say(late ? "?" : "gave up");
    };
    auto body = [&]() -> rondo::task<> { co_await rondo::finally(rondo::sleep(10s), clean); };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
  });
  EXPECT_EQ(j.lines, (test::lines{"cleaned up", "~cleanup", "cleaned up", "~cleanup", "~cleanup",
                                  "gave up"}));
}

TEST(finally, takes_a_task_or_an_operation_as_cleanup) {
  test::lines said;
  test::run_virtual([&]() -> rondo::task<> {
    auto note = [&](const char* what) -> rondo::task<> {
      said.emplace_back(what);
      co_return;
    };
    auto fails = []() -> rondo::task<int> {
      if (true) throw 1;
      co_return 0;
    };
    auto gives = []() -> rondo::task<int> { co_return 5; };
    EXPECT_EQ(co_await rondo::finally(gives(), note("after a value")), 5);
    auto failed = rondo::finally(fails(), note("after a failure"));
    EXPECT_TRUE((co_await rondo::outcome_of(std::move(failed))).has_error());
    auto slow = rondo::finally(rondo::sleep(10s), note("after a cancellation"));
    EXPECT_FALSE(co_await rondo::move_on_after(std::move(slow), 1s));
    rondo::event e;
    rondo::call_later(1s, [&] { e.set(); });
    EXPECT_EQ(co_await rondo::finally(gives(), e.wait(), 5s), 5);
  });
  EXPECT_EQ(said, (test::lines{"after a value", "after a failure", "after a cancellation"}));
}

}  // namespace
