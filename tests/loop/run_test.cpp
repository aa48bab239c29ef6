// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

rondo::task<int> value() { co_return 42; }
rondo::task<std::unique_ptr<int>> owned() { co_return std::make_unique<int>(3); }
rondo::task<int&> reference(int& to) { co_return to; }
rondo::task<> nothing() { co_return; }
rondo::task<> thrower() {
  co_await rondo::sleep(0s);
  throw std::out_of_range("too far");
}

TEST(run, gives_mains_result) {
  EXPECT_EQ(rondo::run(value()), 42);
  EXPECT_EQ(*rondo::run(owned()), 3);
  int n = 0;
  static_assert(std::is_same_v<decltype(rondo::run(reference(n))), int&>);
  EXPECT_EQ(&rondo::run(reference(n)), &n);
  static_assert(std::is_void_v<decltype(rondo::run(nothing()))>);
  rondo::run(nothing());
  EXPECT_EQ(rondo::run(value), 42);
}

TEST(run, throws_mains_exception) {
  try {
    rondo::run(thrower());
    FAIL() << "no exception came";
  } catch (const std::out_of_range& e) {
    EXPECT_STREQ(e.what(), "too far");
  }
}

TEST(run, a_cancelled_main_throws_cancelled_error_with_the_message) {
  try {
    test::run([]() -> rondo::task<> {
      rondo::current_task().cancel("enough");
      co_await rondo::sleep(0s);
      ADD_FAILURE() << "a cancelled main went on";
    });
    FAIL() << "no exception came";
  } catch (const rondo::cancelled_error& e) {
    EXPECT_EQ(e.message(), "enough");
  }
}

TEST(run, inside_of_run_is_a_usage_error) {
  test::run([]() -> rondo::task<> {
    try {
      auto inner = value();
      rondo::run(std::move(inner));
      ADD_FAILURE() << "a loop ran inside of a loop";
    } catch (const rondo::usage_error& e) {
      EXPECT_STREQ(e.what(),
                   "run: a loop runs on this thread already; co_await the task instead of calling "
                   "run, or call run on another thread");
    }
    co_await rondo::sleep(0s);  // the outer loop is unharmed
  });
  EXPECT_EQ(rondo::run(value()), 42);
}

TEST(run, again_and_again_on_one_thread) {
  for (int i = 0; i < 100; ++i) ASSERT_EQ(rondo::run(value()), 42);
}

TEST(run, cancels_and_waits_for_the_tasks_that_are_left) {
  test::journal j;
  auto left = [&](const char* name) -> rondo::task<> {
    test::witness w(j, name);
    co_await rondo::sleep(1h);
    j.say("never");
  };
  test::run([&]() -> rondo::task<> {
    rondo::create_task(left("a"));
    rondo::create_task(left("b"));
    co_await rondo::sleep(0s);
    j.say("main ends");
  });
  EXPECT_EQ(j.lines, (lines{"main ends", "~a", "~b"}));
}

TEST(run, waits_for_what_destructors_of_cancelled_tasks_start) {
  test::journal j;
  struct starts_a_task {
    test::journal& j;
    ~starts_a_task() {
      auto body = [](test::journal& to) -> rondo::task<> {
        to.say("began");
        co_return;
      };
      rondo::create_task(body, std::ref(j));
    }
  };
  auto left = [&]() -> rondo::task<> {
    starts_a_task s{j};
    co_await rondo::sleep(1h);
  };
  test::run([&]() -> rondo::task<> {
    rondo::create_task(left());
    co_await rondo::sleep(0s);
  });
  EXPECT_TRUE(j.lines.empty()) << "begun although the loop was closing: it is cancelled first";
}

TEST(run, left_over_cleanup_that_takes_time_is_waited_for) {
  test::journal j;
  auto cleanup = [&]() -> rondo::task<> {  // outside of main, which they outlive
    co_await rondo::sleep(1min);
    j.say("cleaned");
  };
  auto left = [&]() -> rondo::task<> { co_await rondo::shield(cleanup()); };
  test::run_virtual([&]() -> rondo::task<> {
    rondo::create_task(left());
    co_await rondo::sleep(0s);
    co_await rondo::sleep(0s);
  });
  EXPECT_EQ(j.lines, (lines{"cleaned"}));
}

TEST(run, on_several_threads_at_once) {
  std::vector<std::thread> threads;
  std::vector<int> results(4, 0);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto main = [t]() -> rondo::task<int> {
        int sum = 0;
        auto child = [](int n) -> rondo::task<int> {
          for (int i = 0; i < 50; ++i) co_await rondo::sleep(i % 5 == 0 ? 1us : 0us);
          co_return n;
        };
        std::vector<rondo::task_handle<int>> handles;
        for (int i = 0; i < 20; ++i) handles.push_back(rondo::create_task(child(i)));
        for (auto& h : handles) sum += co_await h;
        co_return sum + t;
      };
      results[static_cast<std::size_t>(t)] = test::run(main);
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(results, (std::vector<int>{190, 191, 192, 193}));
}

// --- deadlocks

rondo::task<> waits_for_ever(rondo::event& e) { co_await e.wait(); }

void expect_deadlock(rondo::backend_kind backend) {
  SCOPED_TRACE(rondo::to_string(backend));
  test::journal j;
  std::vector<rondo::diagnostic> reported;
  try {
    rondo::run(
        [&]() -> rondo::task<> {
          test::witness w(j, "main");
          rondo::loop::current().set_exception_handler(
              [&](const rondo::diagnostic& d) { reported.push_back(d); });
          rondo::event never;
          rondo::create_task(waits_for_ever(never), "stuck");
          co_await never.wait();
        },
        {.backend = backend, .interrupt = rondo::on_interrupt::leave_alone});
    FAIL() << "no deadlock was found";
  } catch (const rondo::deadlock_error& e) {
    std::string text = e.what();
    EXPECT_NE(text.find("deadlock"), std::string::npos) << text;
    EXPECT_NE(text.find("├─ "), std::string::npos) << text;
    EXPECT_NE(text.find("└─ stuck  waits for event  at run_test.cpp:"), std::string::npos) << text;
    EXPECT_NE(text.find("expect_deadlock"), std::string::npos) << text;
  } catch (const std::system_error& e) {
    GTEST_SKIP() << e.what();
  }
  EXPECT_EQ(j.lines, (lines{"~main"})) << "the deadlocked tasks were not unwound";
  ASSERT_EQ(reported.size(), 1u);
  EXPECT_EQ(reported[0].kind, rondo::problem::deadlock);
}

TEST(deadlock, is_found_on_uring) { expect_deadlock(rondo::backend_kind::uring); }
TEST(deadlock, is_found_on_epoll) { expect_deadlock(rondo::backend_kind::epoll); }
TEST(deadlock, is_found_in_virtual_time) { expect_deadlock(rondo::backend_kind::sim); }

TEST(deadlock, is_not_seen_while_a_timer_a_thread_or_a_promise_is_there) {
  test::run([]() -> rondo::task<> {
    rondo::event e;
    auto timer = rondo::call_later(1ms, [&] { e.set(); });
    co_await e.wait();
    EXPECT_EQ(co_await rondo::to_thread([] { return 1; }), 1);
    rondo::promise<int> p;
    auto f = p.get_future();
    std::thread t([p = std::move(p)]() mutable { p.set_value(5); });
    EXPECT_EQ(co_await f, 5);
    t.join();
  });
}

TEST(deadlock, behind_a_shield_is_an_error_and_the_loop_still_closes) {
  rondo::event never;
  bool unwound = false;
  auto shielded = [&]() -> rondo::task<> {
    struct flag {
      bool& f;
      ~flag() { f = true; }
    } set{unwound};
    co_await waits_for_ever(never);
  };
  auto main = [&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler([](const rondo::diagnostic&) {});
    co_await rondo::shield(shielded());
  };
  EXPECT_THROW(test::run(main), rondo::deadlock_error);
  EXPECT_TRUE(unwound);
}

}  // namespace
