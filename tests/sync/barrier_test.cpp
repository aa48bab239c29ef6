// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

TEST(barrier, lets_all_go_when_the_last_has_come_again_and_again) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::barrier b(3);
    EXPECT_EQ(b.parties(), 3u);
    auto work = [&](std::string name, rondo::delay d) -> rondo::task<> {
      for (int round = 0; round < 2; ++round) {
        co_await rondo::sleep(d);
        j.say(name + " comes");
        co_await b.wait();
        j.say("on");
      }
    };
    co_await rondo::gather(work("a", 1s), work("b", 2s), work("c", 3s));
    EXPECT_EQ(b.n_waiting(), 0u);
  });
  EXPECT_EQ(j.lines, (test::lines{"a comes", "b comes", "c comes", "on", "on", "on",  //
                                  "a comes", "b comes", "c comes", "on", "on", "on"}));
}

TEST(barrier, gives_each_a_different_number_and_0_to_the_last) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::barrier b(3);
    auto wait = [&]() -> rondo::task<std::size_t> { co_return co_await b.wait(); };
    auto [x, y, z] = co_await rondo::gather(wait(), wait(), wait());
    std::vector<std::size_t> numbers{x, y, z};
    EXPECT_EQ(z, 0u);
    std::sort(numbers.begin(), numbers.end());
    EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2}));
  });
}

TEST(barrier, is_as_if_a_cancelled_one_had_not_come) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::barrier b(3);
    auto wait = [&]() -> rondo::task<std::size_t> { co_return co_await b.wait(); };
    auto gone = rondo::create_task(wait());
    auto x = rondo::create_task(wait());
    co_await test::turns(1);
    EXPECT_EQ(b.n_waiting(), 2u);
    gone.cancel();
    EXPECT_EQ(b.n_waiting(), 1u);
    auto y = rondo::create_task(wait());
    co_await test::turns(3);
    EXPECT_FALSE(x.done()) << "two of three opened the barrier";
    auto z = rondo::create_task(wait());
    auto [i, k, l] = co_await rondo::gather(x, y, z);
    std::vector<std::size_t> numbers{i, k, l};
    std::sort(numbers.begin(), numbers.end());
    EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2})) << "numbers must differ";
  });
}

TEST(barrier, throws_in_all_who_wait_when_it_is_reset_or_aborted) {
  test::run_virtual([&]() -> rondo::task<> {
    rondo::barrier b(2);
    auto wait = [&]() -> rondo::task<bool> {
      try {
        co_await b.wait();
        co_return true;
      } catch (const rondo::broken_barrier_error&) {
        co_return false;
      }
    };
    auto a = rondo::create_task(wait());
    co_await test::turns(1);
    b.reset();
    bool passed = co_await a;
    EXPECT_FALSE(passed);
    EXPECT_FALSE(b.broken());

    a = rondo::create_task(wait());
    co_await test::turns(1);
    b.abort();
    EXPECT_TRUE(b.broken());
    passed = co_await a;
    EXPECT_FALSE(passed);
    passed = co_await wait();
    EXPECT_FALSE(passed) << "an aborted barrier let a later one wait";

    b.reset();
    auto [x, y] = co_await rondo::gather(wait(), wait());
    EXPECT_TRUE(x && y) << "a reset barrier works on";
  });
}

TEST(barrier, needs_a_party) { EXPECT_THROW(rondo::barrier(0), rondo::usage_error); }

}  // namespace
