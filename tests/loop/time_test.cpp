// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

std::int64_t ns(rondo::delay d) { return d.count(); }

TEST(delay, is_made_from_any_duration) {
  EXPECT_EQ(ns(2s), 2'000'000'000);
  EXPECT_EQ(ns(1.5s), 1'500'000'000);
  EXPECT_EQ(ns(20ms), 20'000'000);
  EXPECT_EQ(ns(1ns), 1);
  EXPECT_EQ(ns(24h), 86'400'000'000'000);
  EXPECT_EQ(ns(std::chrono::duration<float>(0.5f)), 500'000'000);
  EXPECT_EQ(ns(std::chrono::duration<unsigned char>(3)), 3'000'000'000);
}

TEST(delay, is_rounded_up_never_down) {
  EXPECT_EQ(ns(std::chrono::duration<double>(0.0000000001)), 1);
  EXPECT_EQ(ns(std::chrono::duration<double, std::nano>(1.2)), 2);
  EXPECT_EQ(ns(std::chrono::duration<std::int64_t, std::pico>(1)), 1);
}

TEST(delay, of_any_length_does_not_overflow) {
  constexpr std::int64_t century = 100ll * 365 * 86'400 * 1'000'000'000;
  EXPECT_GT(ns(std::chrono::hours::max()), century);
  EXPECT_GT(ns(std::chrono::nanoseconds::max()), century);
  EXPECT_GT(ns(std::chrono::duration<double>(1e300)), century);
  EXPECT_GT(ns(std::chrono::duration<double>(std::numeric_limits<double>::infinity())), century);
  EXPECT_LE(ns(std::chrono::hours::min()), 0);
  EXPECT_LE(ns(std::chrono::nanoseconds::min()), 0);
  EXPECT_LE(ns(std::chrono::duration<double>(-std::numeric_limits<double>::infinity())), 0);
  EXPECT_LE(ns(std::chrono::duration<double>(std::nan(""))), 0) << "not a number is not for ever";
}

TEST(delay, added_to_a_time_does_not_overflow) {
  rondo::delay longest = std::chrono::hours::max();
  EXPECT_GT(longest.after(INT64_MAX - 5), INT64_MAX - 6);
  EXPECT_LT(longest.after(INT64_MAX - 5), INT64_MAX) << "INT64_MAX means never";
  EXPECT_EQ(rondo::delay(7ns).after(-5), 2);
  EXPECT_EQ(rondo::delay(7ns).after(INT64_MIN), INT64_MIN + 7);
  EXPECT_EQ(rondo::delay(-7ns).after(INT64_MIN + 5), INT64_MIN);
  rondo::time_point t{5s};
  EXPECT_EQ((t + rondo::delay(2s)).time_since_epoch(), 7s);
}

TEST(sleep, takes_as_long_as_asked_in_virtual_time) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::time_point start = rondo::now();
    co_await rondo::sleep(3h);
    EXPECT_EQ(rondo::now() - start, 3h);
    co_await rondo::sleep(0.25s);
    EXPECT_EQ(rondo::now() - start, 3h + 250ms);
    co_await rondo::sleep_until(start + rondo::delay(4h));
    EXPECT_EQ(rondo::now() - start, 4h);
  });
}

TEST(sleep, is_never_shorter_than_asked_in_real_time) {
  test::run([]() -> rondo::task<> {
    for (auto length : {1us, 50us, 333us, 1000us}) {
      rondo::time_point start = rondo::now();
      co_await rondo::sleep(length);
      EXPECT_GE(rondo::now() - start, length);
    }
  });
}

TEST(sleep, of_nothing_or_less_yields_one_turn) {
  test::run([]() -> rondo::task<> {
    for (rondo::delay d :
         {rondo::delay(0s), rondo::delay(-5s), rondo::delay(std::chrono::hours::min())}) {
      test::journal j;
      rondo::call_soon([&] { j.say("other"); });
      rondo::time_point start = rondo::now();
      co_await rondo::sleep(d);
      j.say("back");
      EXPECT_EQ(j.lines, (std::vector<std::string>{"other", "back"}));
      EXPECT_LT(rondo::now() - start, 1h);
    }
  });
}

TEST(sleep, until_the_past_returns) {
  test::run([]() -> rondo::task<> {
    co_await rondo::sleep_until(rondo::time_point(0s));
    co_await rondo::sleep_until(rondo::time_point(-5s));
    co_await rondo::sleep_until(rondo::time_point::min());
    co_await rondo::sleep_until(rondo::now());
  });
}

TEST(sleep, for_ever_can_be_cancelled) {
  test::run([]() -> rondo::task<> {
    for (rondo::delay d : {rondo::delay(std::chrono::hours::max()), rondo::delay(200'000h),
                           rondo::delay(std::chrono::nanoseconds::max())}) {
      auto t = rondo::create_task(rondo::sleep(d));
      co_await rondo::sleep(0s);
      EXPECT_FALSE(t.done());
      t.cancel();
      co_await rondo::sleep(0s);
      EXPECT_TRUE(t.done());
      EXPECT_TRUE(t.cancelled());
    }
  });
}

TEST(sleep, until_the_end_of_time_waits) {
  test::run([]() -> rondo::task<> {
    for (auto when : {rondo::time_point::max() - 1ns, rondo::time_point::max()}) {
      auto t = rondo::create_task(rondo::sleep_until(when));
      co_await rondo::to_thread([] {});  // the loop waits, with this as its deadline
      EXPECT_FALSE(t.done());
      t.cancel();
    }
  });
}

TEST(sleep, wakes_in_the_order_of_time_and_of_calls) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto sleeper = [&](rondo::delay d, const char* name) -> rondo::task<> {
      co_await rondo::sleep(d);
      j.say(name);
    };
    co_await rondo::gather(sleeper(3s, "c"), sleeper(1s, "a"), sleeper(2s, "b1"),
                           sleeper(2s, "b2"));
  });
  EXPECT_EQ(j.lines, (std::vector<std::string>{"a", "b1", "b2", "c"}));
}

TEST(sim, a_very_late_timer_and_a_thread_at_work_agree) {
  test::run_virtual([]() -> rondo::task<> {
    auto late = rondo::create_task(rondo::sleep_until(rondo::time_point::max() - 1ns));
    co_await rondo::sleep(0s);
    rondo::time_point start = rondo::now();
    int n = co_await rondo::to_thread([] { return 5; });
    EXPECT_EQ(n, 5);
    EXPECT_LT(rondo::now() - start, 1h) << "virtual time ran ahead of the thread";
    late.cancel();
  });
}

TEST(now, is_a_clock_outside_of_loops_too) {
  rondo::time_point a = rondo::now();
  rondo::time_point b = rondo::now();
  EXPECT_LE(a, b);
  EXPECT_LT(b.time_since_epoch() - std::chrono::steady_clock::now().time_since_epoch(), 1min);
}

}  // namespace
