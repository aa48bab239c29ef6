// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

TEST(race, a_failure_does_not_take_what_completed_in_the_same_turn) {
  int got = 0;
  std::string reported;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler(
        [&](const rondo::diagnostic& d) { reported = d.message; });
    rondo::queue<int> q;
    auto boom = [&]() -> rondo::task<> {
      co_await rondo::sleep(0s);
      q.put_nowait(42);  // the get beside this task has its item now
      throw std::runtime_error("boom");
    };
    auto [item, nothing] = co_await rondo::race(q.get(), boom());
    got = item ? *item : 0;
  });
  EXPECT_EQ(got, 42);
  EXPECT_NE(reported.find("boom"), std::string::npos) << reported;
}

TEST(race, a_second_failure_is_reported_as_a_races) {
  std::string reported;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler(
        [&](const rondo::diagnostic& d) { reported = d.message; });
    auto fail = [](const char* what) -> rondo::task<> {
      co_await rondo::sleep(0s);
      throw std::runtime_error(what);
    };
    auto both = [&]() -> rondo::task<> { co_await rondo::race(fail("first"), fail("second")); };
    auto h = rondo::create_task(both());
    co_await rondo::sleep(1s);
    EXPECT_TRUE(h.exception());
  });
  EXPECT_TRUE(reported.starts_with(
      "a further task of a race failed after the first: std::runtime_error: second"))
      << reported;  // in debug mode a backtrace follows
}

}  // namespace
