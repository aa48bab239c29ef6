// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Promises kept by other threads.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

TEST(future_threads, a_value_kept_elsewhere_arrives_here) {
  test::run([]() -> rondo::task<> {
    auto here = std::this_thread::get_id();
    for (int i = 0; i < 500; ++i) {
      rondo::promise<std::string> p;
      auto f = p.get_future();
      std::thread other([&] { p.set_value(std::to_string(i)); });
      EXPECT_EQ(co_await f, std::to_string(i));
      EXPECT_EQ(std::this_thread::get_id(), here);
      other.join();
    }
  });
}

TEST(future_threads, an_exception_and_a_dropped_promise_arrive_too) {
  test::run([]() -> rondo::task<> {
    {
      rondo::promise<int> p;
      auto f = p.get_future();
      std::thread other([p = std::move(p)]() mutable {
        p.set_exception(std::make_exception_ptr(std::runtime_error("elsewhere")));
      });
      std::string what;
      try {
        co_await f;
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      EXPECT_EQ(what, "elsewhere");
      other.join();
    }
    {
      rondo::promise<> p;
      auto f = p.get_future();
      std::thread other([p = std::move(p)] {});
      bool broken = false;
      try {
        co_await f;
      } catch (const rondo::broken_promise&) {
        broken = true;
      }
      EXPECT_TRUE(broken);
      other.join();
    }
  });
}

TEST(future_threads, only_one_of_many_keepers_wins) {
  test::run([]() -> rondo::task<> {
    for (int round = 0; round < 100; ++round) {
      rondo::promise<int> p;
      auto f = p.get_future();
      std::atomic<int> won{0}, lost{0};
      std::vector<std::thread> keepers;
      for (int i = 0; i < 3; ++i)
        keepers.emplace_back([&, i] {
          try {
            p.set_value(i);
            ++won;
          } catch (const rondo::usage_error&) {
            ++lost;
          }
        });
      int n = co_await f;
      EXPECT_GE(n, 0);
      for (auto& k : keepers) k.join();
      EXPECT_EQ(won, 1);
      EXPECT_EQ(lost, 2);
    }
  });
}

TEST(future_threads, waiters_of_several_loops_are_all_woken) {
  rondo::promise<int> p;
  auto f = p.get_future();
  std::atomic<int> waiting{0}, sum{0};
  std::vector<std::thread> loops;
  for (int i = 0; i < 3; ++i)
    loops.emplace_back([&, f] {
      test::run([&]() -> rondo::task<> {
        auto one = [&]() -> rondo::task<> {
          ++waiting;
          sum += co_await f;
        };
        co_await rondo::gather(one(), one());
      });
    });
  while (waiting < 6) std::this_thread::yield();
  p.set_value(5);
  for (auto& l : loops) l.join();
  EXPECT_EQ(sum.load(), 30);
}

TEST(future_threads, a_cancel_that_races_the_keeper_is_sound) {
  test::run([]() -> rondo::task<> {
    int delivered = 0, cancelled = 0;
    for (int i = 0; i < 500; ++i) {
      rondo::promise<int> p;
      auto f = p.get_future();
      int got = 0;
      auto body = [&]() -> rondo::task<> { got = co_await f; };
      auto t = rondo::create_task(body());
      co_await rondo::sleep(0s);
      std::thread other([&] { p.set_value(7); });
      if (i % 2) std::this_thread::yield();
      t.cancel();
      while (!t.done()) co_await rondo::sleep(0s);
      other.join();
      EXPECT_EQ(got == 7, !t.cancelled());
      ++(got ? delivered : cancelled);
      EXPECT_EQ(co_await f, 7) << "the promise itself is untouched";
    }
    EXPECT_EQ(delivered + cancelled, 500);
  });
}

TEST(future_threads, kept_after_the_loop_has_gone_is_nothing) {
  rondo::promise<int> p;
  test::run([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> { co_await p.get_future(); };
    rondo::create_task(body());
    co_await rondo::sleep(0s);
  });
  std::thread([&] { p.set_value(1); }).join();
  EXPECT_TRUE(p.get_future().done());
}

}  // namespace
