// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace {

TEST(race, a_loser_that_fails_does_not_take_the_winners_value) {
  int got = 0;
  std::string reported;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler(
        [&](const rondo::diagnostic& d) { reported = d.message; });
    rondo::queue<int> q;
    q.put_nowait(42);
    auto boom = []() -> rondo::task<> {
      throw std::runtime_error("boom");
      co_return;
    };
    auto [item, nothing] = co_await rondo::race(q.get(), boom());
    got = item ? *item : 0;
  });
  EXPECT_EQ(got, 42);
  EXPECT_NE(reported.find("boom"), std::string::npos) << reported;
}

}  // namespace
