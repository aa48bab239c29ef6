// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

TEST(on_cancel, runs_when_the_task_is_cancelled_and_in_the_order_of_destructors) {
  test::lines said;
  test::run_virtual([&]() -> rondo::task<> {
    auto inner = [&]() -> rondo::task<> {
      rondo::on_cancel guard([&] { said.emplace_back("inner"); });
      co_await rondo::sleep(1s);
    };
    auto body = [&]() -> rondo::task<> {
      rondo::on_cancel guard([&] { said.emplace_back("outer"); });
      {
        rondo::on_cancel left([&] { said.emplace_back("left before"); });
      }
      co_await inner();
    };
    auto h = rondo::create_task(body);
    co_await test::turns(1);
    h.cancel();
    co_await test::ended(h);
  });
  EXPECT_EQ(said, (test::lines{"inner", "outer"}));
}

TEST(on_cancel, does_not_run_for_a_return_or_an_exception) {
  int ran = 0;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&](bool fail) -> rondo::task<> {
      rondo::on_cancel guard([&] { ++ran; });
      co_await rondo::sleep(1s);
      if (fail) throw 1;
    };
    co_await body(false);
    EXPECT_TRUE((co_await rondo::outcome_of(body(true))).has_error());
  });
  EXPECT_EQ(ran, 0);
}

TEST(on_cancel, does_not_run_when_a_cancelled_task_completes_all_the_same) {
  int ran = 0;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      rondo::on_cancel guard([&] { ++ran; });
      co_await test::kernel_operation(1s, true);
    };
    auto h = rondo::create_task(body);
    co_await test::turns(1);
    h.cancel();
    co_await test::ended(h);
    EXPECT_FALSE(h.cancelled());
  });
  EXPECT_EQ(ran, 0);
}

TEST(on_cancel, runs_for_a_timeout_and_not_for_what_a_destructor_does) {
  int cancelled = 0;
  int in_destructor = 0;
  test::run_virtual([&]() -> rondo::task<> {
    struct closes {
      int& n;
      ~closes() {
        rondo::on_cancel guard([this] { ++n; });
      }
    };
    auto body = [&]() -> rondo::task<> {
      closes c{in_destructor};
      rondo::on_cancel guard([&] { ++cancelled; });
      co_await rondo::sleep(10s);
    };
    EXPECT_FALSE(co_await rondo::move_on_after(1s, body()));
  });
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(in_destructor, 0);
}

}  // namespace
