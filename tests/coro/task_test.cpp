// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
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

// Whoever awaits owns the frame: arguments, too, are gone when the await is over.
TEST(task, its_frame_is_gone_when_its_await_is_over) {
  test::journal j;
  auto callee = [&](std::unique_ptr<test::witness>, bool fails) -> rondo::task<int> {
    test::witness w(j, "local");
    co_await rondo::sleep(0s);
    if (fails) throw std::runtime_error("boom");
    co_return 1;
  };
  auto main = [&]() -> rondo::task<> {
    auto returns = callee(std::make_unique<test::witness>(j, "argument"), false);
    co_await std::move(returns);
    j.say("returned");
    auto throws = callee(std::make_unique<test::witness>(j, "argument"), true);
    try {
      co_await std::move(throws);
    } catch (const std::runtime_error&) {
      j.say("caught");
    }
  };
  test::run(main());
  EXPECT_EQ(j.lines, (std::vector<std::string>{"~local", "~argument", "returned",  //
                                               "~local", "~argument", "caught"}));
}

}  // namespace
