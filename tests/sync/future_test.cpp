// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> get(rondo::future<int> f) { co_return co_await f; }

TEST(future, gives_its_value_to_all_who_wait_and_to_later_ones) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::promise<int> p;
    rondo::future<int> f = p.get_future();
    EXPECT_TRUE(f.valid());
    EXPECT_FALSE(f.done());
    EXPECT_FALSE(rondo::future<int>().valid());
    auto a = rondo::create_task(get(f));
    auto b = rondo::create_task(get(f));
    co_await test::turns(1);
    p.set_value(42);
    EXPECT_TRUE(f.done());
    auto [x, y] = co_await rondo::gather(a, b);
    EXPECT_EQ(x, 42);
    EXPECT_EQ(y, 42);
    int again = co_await f;
    EXPECT_EQ(again, 42);
  });
}

TEST(future, wakes_first_come_first_served) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::promise<> p;
    auto wait = [&](std::string name) -> rondo::task<> {
      co_await p.get_future();
      j.say(name);
    };
    auto a = rondo::create_task(wait("a"));
    auto b = rondo::create_task(wait("b"));
    auto c = rondo::create_task(wait("c"));
    co_await test::turns(1);
    p.set_value();
    co_await rondo::gather(a, b, c);
  });
  EXPECT_EQ(j.lines, (test::lines{"a", "b", "c"}));
}

TEST(future, throws_the_exception_of_its_promise) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::promise<int> p;
    p.set_exception(std::make_exception_ptr(std::out_of_range("far")));
    std::string text;
    try {
      co_await p.get_future();
    } catch (const std::out_of_range& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "far");
  });
}

TEST(future, throws_broken_promise_when_the_promise_is_dropped) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::future<int> f;
    auto p = std::make_unique<rondo::promise<int>>();
    f = p->get_future();
    auto h = rondo::create_task(get(f));
    co_await test::turns(1);
    p.reset();
    bool broken = false;
    try {
      co_await h;
    } catch (const rondo::broken_promise&) {
      broken = true;
    }
    EXPECT_TRUE(broken);
  });
}

TEST(future, is_kept_once) {
  rondo::promise<int> p;
  p.set_value(1);
  EXPECT_THROW(p.set_value(2), rondo::usage_error);
  EXPECT_THROW(p.set_exception(std::make_exception_ptr(1)), rondo::usage_error);
}

TEST(future, hands_over_what_cannot_be_copied) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::promise<std::unique_ptr<int>> p;
    p.set_value(std::make_unique<int>(5));
    std::unique_ptr<int> v = co_await p.get_future();
    EXPECT_EQ(*v, 5);
  });
}

TEST(future, can_be_kept_by_another_thread) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::promise<int> p;
    rondo::future<int> f = p.get_future();
    std::thread other([p = std::move(p)]() mutable { p.set_value(7); });
    int v = co_await f;
    other.join();
    EXPECT_EQ(v, 7);
  });
}

TEST(future, cancelled_await_leaves_the_promise_as_it_is) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::promise<int> p;
    rondo::future<int> f = p.get_future();
    auto a = rondo::create_task(get(f));
    auto b = rondo::create_task(get(f));
    co_await test::turns(1);
    a.cancel();
    p.set_value(1);
    int v = co_await b;
    EXPECT_EQ(v, 1);
    EXPECT_TRUE(a.cancelled());
  });
}

TEST(future, says_when_it_is_used_empty) {
  test::run([]() -> rondo::task<> {
    auto refusal = [](auto use) -> std::string {
      try {
        use();
      } catch (const rondo::usage_error& e) {
        return e.what();
      }
      return "not refused";
    };
    rondo::future<int> f;
    EXPECT_FALSE(f.valid());
    EXPECT_EQ(refusal([&] { static_cast<void>(f.done()); }), "future: it belongs to no promise");
    EXPECT_EQ(refusal([&] { static_cast<void>(f.as_operation()); }),
              "future: it belongs to no promise");
    bool refused = false;
    try {
      co_await f;
    } catch (const rondo::usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    rondo::promise<int> p;
    auto kept = std::move(p);
    const char* moved = "promise: it was moved away";
    EXPECT_EQ(refusal([&] { static_cast<void>(p.get_future()); }), moved);
    EXPECT_EQ(refusal([&] { p.set_value(1); }), moved);
    EXPECT_EQ(refusal([&] { p.set_exception(nullptr); }), moved);
    kept.set_value(1);
  });
}

TEST(future, an_exception_that_nobody_asks_for_is_reported) {
  test::diagnostics seen;
  auto boom = std::make_exception_ptr(std::runtime_error("boom"));
  test::run([&]() -> rondo::task<> {
    seen.listen();
    {
      rondo::promise<int> alone;
      alone.set_exception(boom);
    }
    EXPECT_EQ(seen.kinds.size(), 1u);
    EXPECT_TRUE(seen.mentions("nobody asked its futures for it: std::runtime_error: boom"));
    rondo::future<int> kept;
    {
      rondo::promise<int> p;
      kept = p.get_future();
      p.set_exception(boom);
    }
    EXPECT_EQ(seen.kinds.size(), 1u) << "it can still be asked for";
    rondo::future<int> another = kept;
    kept = {};
    EXPECT_EQ(seen.kinds.size(), 1u) << "it can still be asked for";
    another = {};
    EXPECT_EQ(seen.kinds.size(), 2u);
    {
      rondo::promise<int> p;
      rondo::future<int> asked = p.get_future();
      p.set_exception(boom);
      for (int i = 0; i < 2; ++i) {
        try {
          co_await asked;
          ADD_FAILURE();
        } catch (const std::runtime_error&) {
        }
      }
    }
    {
      rondo::promise<int> unkept;
    }
    EXPECT_EQ(seen.kinds.size(), 2u) << "it was asked for, or nobody gave it";
  });
}

}  // namespace
