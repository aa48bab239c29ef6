// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> answer() { co_return 42; }

rondo::task<int> doubled() { co_return 2 * co_await answer(); }

rondo::task<> failing() {
  co_await rondo::sleep(0s);
  throw std::runtime_error("boom");
}

TEST(task, gives_its_value_through_calls) { EXPECT_EQ(test::run(doubled()), 84); }

TEST(task, runs_nothing_until_awaited) {
  bool ran = false;
  test::run([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      ran = true;
      co_return;
    };
    auto t = body();
    EXPECT_FALSE(ran);
    co_await std::move(t);
    EXPECT_TRUE(ran);
  });
}

TEST(task, throws_what_the_body_throws) {
  try {
    test::run(failing());
    FAIL() << "no exception came";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "boom");
  }
}

}  // namespace
