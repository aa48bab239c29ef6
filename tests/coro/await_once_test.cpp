// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An operation is awaited once; what gives a new one each time is not bound by that.
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> sleeps_twice() {
  auto op = rondo::sleep(1s);
  co_await op;
  co_await op;
}

rondo::task<> calls_twice() {
  auto t = test::turns(1);
  co_await std::move(t);
  co_await std::move(t);
}

TEST(await_once_death, an_operation_awaited_again_after_its_end_is_named) {
  EXPECT_DEATH(test::run_virtual(
                   []() -> rondo::task<> { co_await rondo::create_task(sleeps_twice(), "twice"); }),
               "operation 'sleep' is awaited a second time, by task 'twice' at "
               "await_once_test.cpp:15; make a new one for each co_await");
}

TEST(await_once_death, also_one_that_was_ready_at_once) {
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 rondo::event set;
                 set.set();
                 auto op = set.wait();
                 co_await op;
                 co_await op;
               }),
               "operation 'event' is awaited a second time");
}

TEST(await_once_death, one_that_another_task_waits_for_is_named_with_both) {
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 rondo::event e;
                 auto op = e.wait();
                 auto body = [&]() -> rondo::task<> { co_await op; };
                 auto a = rondo::create_task(body(), "first");
                 auto b = rondo::create_task(body(), "second");
                 co_await rondo::wait(a, b);
               }),
               "operation 'event' is awaited a second time, by task 'second' at "
               "await_once_test.cpp:[0-9]+, while task 'first' waits for it");
}

TEST(await_once_death, one_that_is_given_away_after_its_end) {
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 auto op = rondo::sleep(1s);
                 co_await op;
                 co_await rondo::wait_for(std::move(op), 1s);
               }),
               "operation 'sleep' is awaited a second time, by task '");
}

TEST(await_once_death, a_task_awaited_again_names_who_did_it) {
  EXPECT_DEATH(test::run_virtual(
                   []() -> rondo::task<> { co_await rondo::create_task(calls_twice(), "twice"); }),
               "task 'twice' awaits an empty task .moved from, or awaited before. at "
               "await_once_test.cpp:21");
}

TEST(await_once, handles_futures_and_next_give_a_new_operation_each_time) {
  test::run_virtual([]() -> rondo::task<> {
    auto three = []() -> rondo::task<int> {
      co_await rondo::sleep(1s);
      co_return 3;
    };
    auto h = rondo::create_task(three());
    EXPECT_EQ(co_await h, 3);
    EXPECT_EQ(co_await h, 3);
    rondo::promise<int> p;
    auto f = p.get_future();
    p.set_value(4);
    EXPECT_EQ(co_await f, 4);
    EXPECT_EQ(co_await f, 4);
    auto numbers = []() -> rondo::async_generator<int> {
      co_yield 1;
      co_yield 2;
    };
    auto g = numbers();
    auto next = g.next();
    auto one = co_await next;
    auto two = co_await next;
    EXPECT_EQ(one, 1);
    EXPECT_EQ(two, 2);
  });
}

TEST(await_once, one_that_never_began_may_be_given_away) {
  test::run_virtual([]() -> rondo::task<> {
    auto op = rondo::sleep(1s);
    auto begin = rondo::now();
    co_await rondo::wait_for(std::move(op), 5s);
    EXPECT_EQ(rondo::now() - begin, 1s);
  });
}

}  // namespace
