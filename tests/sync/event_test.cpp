// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <thread>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> wait_and_say(rondo::event& e, test::journal& j, std::string name) {
  co_await e.wait();
  j.say(name);
}

TEST(event, wakes_all_who_wait_in_the_order_of_their_coming) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto a = rondo::create_task(wait_and_say(e, j, "a"));
    auto b = rondo::create_task(wait_and_say(e, j, "b"));
    co_await test::turns(2);
    EXPECT_FALSE(e.is_set());
    EXPECT_TRUE(j.lines.empty());
    e.set();
    EXPECT_TRUE(e.is_set());
    co_await a;
    co_await b;
  });
  EXPECT_EQ(j.lines, (test::lines{"a", "b"}));
}

TEST(event, does_not_wait_once_it_is_set) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    e.set();
    bool others_ran = false;
    rondo::call_soon([&] { others_ran = true; });
    co_await e.wait();
    EXPECT_FALSE(others_ran) << "waiting for a set event gave up the turn";
    co_await test::turns(1);
  });
}

TEST(event, wakes_who_waited_even_if_it_is_cleared_at_once) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto a = rondo::create_task(wait_and_say(e, j, "a"));
    co_await test::turns(1);
    e.set();
    e.clear();
    co_await a;
    EXPECT_FALSE(e.is_set());
    auto late = rondo::create_task(wait_and_say(e, j, "late"));
    co_await test::turns(3);
    EXPECT_FALSE(late.done()) << "a cleared event did not make a later one wait";
    e.set();
    co_await late;
  });
  EXPECT_EQ(j.lines, (test::lines{"a", "late"}));
}

TEST(event, is_the_deadlock_that_run_reports_when_nobody_sets_it) {
  try {
    test::run_virtual([]() -> rondo::task<> {
      test::diagnostics ignored;
      rondo::event e;
      rondo::loop::current().set_exception_handler(
          [](const rondo::diagnostic& d) { EXPECT_EQ(d.kind, rondo::problem::deadlock); });
      co_await e.wait();
    });
    FAIL() << "no deadlock was found";
  } catch (const rondo::deadlock_error& e) {
    EXPECT_NE(std::string(e.what()).find("waits for event"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("event_test.cpp:"), std::string::npos) << e.what();
  }
}

TEST(event_death, ends_the_program_when_it_dies_before_its_waiters) {
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 auto e = std::make_unique<rondo::event>();
                 test::journal j;
                 auto h = rondo::create_task(wait_and_say(*e, j, "a"), "lonely");
                 co_await test::turns(1);
                 e.reset();
               }),
               "an event was destroyed while task 'lonely' waited for it|"
               "a event was destroyed while task 'lonely' waited for it");
}

TEST(event_death, ends_the_program_when_set_on_another_thread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 rondo::event e;
                 test::journal j;
                 auto h = rondo::create_task(wait_and_say(e, j, "a"), "lonely");
                 co_await test::turns(1);
                 std::thread([&] { e.set(); }).join();
               }),
               "used on a thread that is not its loop's .task 'lonely'");
}

}  // namespace
