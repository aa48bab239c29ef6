// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <semaphore>
#include <thread>

#include <gtest/gtest.h>

#include "loop/loop_link.hpp"

#include "support/async.hpp"

namespace {

TEST(owed_wake, comes_when_it_is_paid) {
  test::run([]() -> rondo::task<> {
    rondo::promise<int> p, q;
    auto a = p.get_future();
    auto b = q.get_future();
    std::thread other([&] {
      rondo::detail::owed_wake wake;
      wake.owing([&]() noexcept { p.set_value(1); });
      wake.owing([&]() noexcept { q.set_value(2); });
      wake.pay();
      EXPECT_FALSE(wake.owed());
    });
    EXPECT_EQ(co_await a, 1);
    EXPECT_EQ(co_await b, 2);
    other.join();
  });
}

// Who owes a wake does not make others' posts wait for it.
TEST(owed_wake, of_one_thread_does_not_keep_another_waiting) {
  std::binary_semaphore posted{0}, both_came{0};
  test::run([&]() -> rondo::task<> {
    rondo::promise<int> p, q;
    auto a = p.get_future();
    auto b = q.get_future();
    std::thread owes([&] {
      rondo::detail::owed_wake wake;
      wake.owing([&]() noexcept { p.set_value(1); });
      posted.release();
      both_came.acquire();
    });
    std::thread other([&] {
      posted.acquire();
      q.set_value(2);
    });
    auto [one, two] = co_await rondo::gather(std::move(a), std::move(b));
    EXPECT_EQ(one + two, 3);
    both_came.release();
    owes.join();
    other.join();
  });
}

// It is not lost when the loop ends before.
TEST(owed_wake, may_be_paid_while_the_loop_closes) {
  for (int i = 0; i < 200; ++i) {
    std::thread owes;
    test::run([&]() -> rondo::task<> {
      rondo::promise<int> p, q;
      auto a = p.get_future();
      auto b = q.get_future();
      owes = std::thread([p = std::move(p), q = std::move(q)]() mutable {
        rondo::detail::owed_wake wake;
        q.set_value(1);
        wake.owing([&]() noexcept { p.set_value(1); });
        std::this_thread::yield();
      });
      co_await b;
    });
    owes.join();
  }
}

}  // namespace
