// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// wait and as_completed.
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> after(rondo::delay time, int value) {
  co_await rondo::sleep(time);
  if (value < 0) throw std::runtime_error("negative");
  co_return value;
}

std::vector<rondo::task_handle<int>> start(std::initializer_list<int> seconds) {
  std::vector<rondo::task_handle<int>> all;
  for (int s : seconds) all.push_back(rondo::create_task(after(std::chrono::seconds(abs(s)), s)));
  return all;
}

TEST(wait, returns_when_all_have_completed_and_throws_nothing) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto begin = rondo::now();
    auto all = start({3, -1, 2});
    auto [done, pending] = co_await rondo::wait(all);
    EXPECT_EQ(rondo::now() - begin, 3s);
    EXPECT_EQ(done.size(), 3u);
    EXPECT_TRUE(pending.empty());
    EXPECT_NE(all[1].exception(), nullptr);
    auto again = co_await rondo::wait(all);
    EXPECT_EQ(again.done.size(), 3u);
  });
  EXPECT_TRUE(d.messages.empty());
}

TEST(wait, returns_when_the_first_has_completed) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    auto all = start({3, 1, 2});
    auto first = co_await rondo::wait(all, rondo::return_when::first_completed);
    EXPECT_EQ(rondo::now() - begin, 1s);
    EXPECT_EQ(first.done.size(), 1u);
    EXPECT_EQ(first.done[0], all[1]);
    EXPECT_EQ(first.pending.size(), 2u);
    auto at_once = co_await rondo::wait(all, rondo::return_when::first_completed);
    EXPECT_EQ(rondo::now() - begin, 1s);
    EXPECT_EQ(at_once.done.size(), 1u);
    auto rest = co_await rondo::wait(first.pending);
    EXPECT_EQ(rest.done.size(), 2u);
  });
}

TEST(wait, returns_at_the_first_exception) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    auto all = start({1, -2, 3});
    auto r = co_await rondo::wait(all, rondo::return_when::first_exception);
    EXPECT_EQ(rondo::now() - begin, 2s);
    EXPECT_EQ(r.done.size(), 2u);
    EXPECT_NE(all[1].exception(), nullptr);
    auto fine = start({1, 2});
    r = co_await rondo::wait(fine, rondo::return_when::first_exception);
    EXPECT_EQ(r.done.size(), 2u);
  });
}

TEST(wait, has_a_time_limit_that_cancels_nothing) {
  test::run_virtual([]() -> rondo::task<> {
    auto all = start({1, 3});
    auto r = co_await rondo::wait(all, rondo::return_when::all_completed, 2s);
    EXPECT_EQ(r.done.size(), 1u);
    EXPECT_EQ(r.pending.size(), 1u);
    int v = co_await r.pending[0];
    EXPECT_EQ(v, 3);
  });
}

TEST(wait, cancelled_cancels_none_of_them) {
  test::run_virtual([]() -> rondo::task<> {
    auto all = start({1, 2});
    auto body = [&]() -> rondo::task<> { co_await rondo::wait(all); };
    auto h = rondo::create_task(body());
    co_await test::turns(2);
    h.cancel();
    auto r = co_await rondo::wait(all);
    EXPECT_EQ(r.done.size(), 2u);
    EXPECT_TRUE(h.cancelled());
    EXPECT_FALSE(all[0].cancelled());
  });
}

TEST(wait, takes_the_same_task_twice_and_none_at_all) {
  test::run_virtual([]() -> rondo::task<> {
    auto all = start({1});
    all.push_back(all[0]);
    auto r = co_await rondo::wait(all);
    EXPECT_EQ(r.done.size(), 2u);
    auto none = co_await rondo::wait(std::vector<rondo::task_handle<int>>());
    EXPECT_TRUE(none.done.empty());
  });
}

TEST(as_completed, gives_tasks_in_the_order_of_their_ends) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::as_completed<int> order(start({3, 1, 2}));
    std::string seen;
    while (auto h = co_await order.next()) seen += std::to_string(h->result());
    EXPECT_EQ(seen, "123");
    auto end = co_await order.next();
    EXPECT_FALSE(end);
  });
}

TEST(as_completed, gives_those_that_had_ended_before_and_those_that_failed) {
  test::run_virtual([]() -> rondo::task<> {
    auto all = start({2, -1, 3});
    co_await rondo::sleep(2500ms);
    rondo::as_completed<int> order(all);
    int failed = 0, sum = 0;
    while (auto h = co_await order.next()) {
      try {
        int v = co_await *h;
        sum += v;
      } catch (const std::runtime_error&) {
        ++failed;
      }
    }
    EXPECT_EQ(failed, 1);
    EXPECT_EQ(sum, 5);
  });
}

TEST(as_completed, loses_no_task_when_next_is_cancelled) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::as_completed<int> order(start({2, 3}));
    auto none = co_await rondo::move_on_after(order.next(), 1s);
    EXPECT_FALSE(none);
    std::string seen;
    while (auto h = co_await order.next()) seen += std::to_string(h->result());
    EXPECT_EQ(seen, "23");
  });
}

TEST(as_completed, can_be_left_before_the_end) {
  test::run_virtual([]() -> rondo::task<> {
    auto all = start({1, 2});
    {
      rondo::as_completed<int> order(all);
      auto first = co_await order.next();
      EXPECT_EQ(*first, all[0]);
    }
    int v = co_await all[1];
    EXPECT_EQ(v, 2);
  });
}

TEST(as_completed, refuses_a_second_consumer_and_serves_the_first) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::as_completed<int> order(start({1, 2}));
    std::string seen;
    auto consume = [&]() -> rondo::task<> {
      while (auto h = co_await order.next()) seen += std::to_string(h->result());
    };
    auto first = rondo::create_task(consume());
    co_await test::turns(2);
    std::string refusal;
    auto second = [&]() -> rondo::task<> {
      try {
        auto h = co_await order.next();
        EXPECT_FALSE(h) << "it took the first one's";
      } catch (const rondo::usage_error& e) {
        refusal = e.what();
      }
    };
    co_await second();
    EXPECT_EQ(refusal, "as_completed::next: another task waits in it; one consumer at a time");
    // Between the end of a task and the consumer's turn.
    refusal.clear();
    auto intrude = rondo::call_later(1s, [&] { rondo::create_task(second()); });
    co_await first;
    EXPECT_EQ(seen, "12");
  });
}

TEST(as_completed, refuses_handles_that_refer_to_no_task) {
  test::run_virtual([]() -> rondo::task<> {
    std::vector<rondo::task_handle<int>> empty(1);
    EXPECT_THROW(rondo::as_completed<int>{empty}, rondo::usage_error);
    EXPECT_THROW(static_cast<void>(rondo::wait(empty)), rondo::usage_error);
    EXPECT_THROW(static_cast<void>(rondo::gather(empty[0])), rondo::usage_error);
    co_return;
  });
}

}  // namespace
