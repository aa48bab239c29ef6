// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> later(int value) {
  co_await rondo::sleep(1s);
  co_return value;
}

rondo::task<> fail(std::string text) {
  co_await rondo::sleep(0s);
  throw std::runtime_error(text);
}

TEST(task_handle, gives_the_result_to_many_and_again) {
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(later(3));
    EXPECT_FALSE(h.done());
    EXPECT_FALSE(h.cancelled());
    EXPECT_THROW(static_cast<void>(h.result()), rondo::usage_error);
    auto [a, b] = co_await rondo::gather(h, h);
    int c = co_await h;
    EXPECT_EQ(a + b + c, 9);
    EXPECT_TRUE(h.done());
    EXPECT_EQ(h.result(), 3);
    EXPECT_EQ(h.exception(), nullptr);
  });
}

TEST(task_handle, runs_beside_its_creator_from_the_next_turn_on) {
  test::run_virtual([]() -> rondo::task<> {
    bool ran = false;
    auto body = [&]() -> rondo::task<> {
      ran = true;
      co_return;
    };
    auto h = rondo::create_task(body());
    EXPECT_FALSE(ran);
    co_await test::turns(1);
    EXPECT_TRUE(ran);
    EXPECT_TRUE(h.done());
  });
}

TEST(task_handle, dropped_handles_do_not_end_the_task) {
  int done = 0;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      co_await rondo::sleep(1s);
      ++done;
    };
    rondo::create_task(body());
    {
      auto dropped = rondo::create_task(body());
    }
    co_await rondo::sleep(2s);
  });
  EXPECT_EQ(done, 2);
}

TEST(task_handle, moves_out_what_cannot_be_copied) {
  test::run_virtual([]() -> rondo::task<> {
    auto make = []() -> rondo::task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    auto h = rondo::create_task(make());
    std::unique_ptr<int> p = co_await std::move(h);
    EXPECT_EQ(*p, 4);
    auto second = rondo::create_task(make());
    co_await test::ended(second);
    p = std::move(second).take_result();
    EXPECT_EQ(*p, 4);
  });
}

TEST(task_handle, gives_references) {
  test::run_virtual([]() -> rondo::task<> {
    int x = 1;
    auto get = [&]() -> rondo::task<int&> { co_return x; };
    auto h = rondo::create_task(get());
    int& r = co_await h;
    r = 2;
    EXPECT_EQ(x, 2);
    EXPECT_EQ(&h.result(), &x);
  });
}

TEST(task_handle, throws_the_exception_of_its_task_each_time) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto h = rondo::create_task(fail("boom"));
    for (int i = 0; i < 2; ++i) {
      std::string text;
      try {
        co_await h;
      } catch (const std::runtime_error& e) {
        text = e.what();
      }
      EXPECT_EQ(text, "boom");
    }
    EXPECT_THROW(static_cast<void>(h.result()), std::runtime_error);
    EXPECT_NE(h.exception(), nullptr);
  });
  EXPECT_TRUE(d.messages.empty()) << d.messages.front();
}

TEST(task_handle, an_exception_that_nobody_asked_for_is_reported) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    rondo::create_task(fail("lost"), "worker");
    co_await test::turns(4);
  });
  EXPECT_EQ(d.kinds, (std::vector{rondo::problem::exception_not_retrieved}));
  EXPECT_TRUE(d.mentions("worker")) << d.messages.front();
  EXPECT_TRUE(d.mentions("std::runtime_error: lost")) << d.messages.front();
}

TEST(task_handle, asking_for_the_exception_counts_as_retrieving_it) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto h = rondo::create_task(fail("seen"));
    co_await test::ended(h);
    EXPECT_NE(h.exception(), nullptr);
  });
  EXPECT_TRUE(d.messages.empty()) << d.messages.front();
}

TEST(task_handle, has_a_name) {
  test::run_virtual([]() -> rondo::task<> {
    auto named = rondo::create_task(later(1), "fetcher");
    EXPECT_EQ(named.name(), "fetcher");
    auto plain = rondo::create_task(later(2));
    EXPECT_EQ(plain.name(), "later");
    plain.set_name("renamed");
    EXPECT_EQ(plain.name(), "renamed");
    auto keeps = rondo::create_task(later(3));
    co_await rondo::gather(named, plain, keeps);
    EXPECT_EQ(named.name(), "fetcher") << "a name outlives the run";
    EXPECT_EQ(plain.name(), "renamed");
    EXPECT_EQ(keeps.name(), "later");
  });
}

TEST(task_handle, default_constructed_refers_to_no_task) {
  rondo::task_handle<int> none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none, rondo::task_handle<int>());
  test::run_virtual([&]() -> rondo::task<> {
    none = rondo::create_task(later(1));
    EXPECT_TRUE(none);
    auto copy = none;
    EXPECT_EQ(copy, none);
    int v = co_await none;
    EXPECT_EQ(v, 1);
  });
}

TEST(task_handle, carries_the_message_of_its_cancellation) {
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(later(1));
    co_await test::turns(1);
    h.cancel("not needed");
    std::string message;
    try {
      co_await h;
    } catch (const rondo::cancelled_error& e) {
      message = e.message();
    }
    EXPECT_EQ(message, "not needed");
    EXPECT_TRUE(h.cancelled());
    EXPECT_THROW(static_cast<void>(h.result()), rondo::cancelled_error);
    EXPECT_EQ(h.exception(), nullptr) << "cancelled is no exception";
  });
}

TEST(task_handle, awaited_by_its_own_task_is_an_error) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::task_handle<> h;
    bool refused = false;
    auto self = [&]() -> rondo::task<> {
      try {
        co_await h;
      } catch (const rondo::usage_error&) {
        refused = true;
      }
    };
    h = rondo::create_task(self());
    co_await h;
    EXPECT_TRUE(refused);
  });
}

TEST(task_handle, keeps_copies_of_function_and_arguments) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::task_handle<std::string> h;
    {
      std::string greeting = "a greeting that is long enough for the heap";
      auto body = [greeting](std::string name,
                             const std::string& mark) -> rondo::task<std::string> {
        co_await rondo::sleep(1s);
        co_return greeting + ", " + name + mark;
      };
      std::string name = "you";
      h = rondo::create_task(body, name, std::string("!"));
    }
    std::string text = co_await h;
    EXPECT_EQ(text, "a greeting that is long enough for the heap, you!");
  });
}

TEST(task_handle, can_run_an_operation_or_another_handle) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    auto h = rondo::create_task(q.get());
    auto of_handle = rondo::create_task(h);
    co_await test::turns(2);
    q.put_nowait(5);
    int v = co_await of_handle;
    EXPECT_EQ(v, 5);
  });
}

TEST(task_handle, needs_a_loop) {
  EXPECT_THROW(rondo::create_task([]() -> rondo::task<> { co_return; }), rondo::usage_error);
}

/// A result whose n-th move throws: wherever that is, it is the task's exception.
struct brittle {
  static inline int moves_left = -1;
  brittle() = default;
  brittle(brittle&&) {
    if (moves_left >= 0 && moves_left-- == 0) throw std::length_error("moving failed");
  }
};

TEST(task_handle, a_result_that_cannot_be_moved_out_is_an_exception) {
  auto make = []() -> rondo::task<brittle> {
    brittle b;
    co_await rondo::sleep(0s);
    co_return b;
  };
  int failures = 0;
  bool passed = false;
  for (int n = 0; !passed && n < 20; ++n) {
    test::run_virtual([&]() -> rondo::task<> {
      auto h = rondo::create_task(make());
      brittle::moves_left = n;
      try {
        auto [result] = co_await rondo::gather(std::move(h));
        static_cast<void>(result);
        passed = brittle::moves_left >= 0;
      } catch (const std::length_error&) {
        ++failures;
      }
      brittle::moves_left = -1;
    });
  }
  EXPECT_TRUE(passed);
  EXPECT_GE(failures, 2) << "into the promise, and out of it";
}

}  // namespace

namespace {

TEST(task_handle, one_that_refers_to_no_task_says_so) {
  rondo::task_handle<int> none;
  EXPECT_FALSE(none);
  EXPECT_THROW(none.cancel(), rondo::usage_error);
  EXPECT_THROW(static_cast<void>(none.done()), rondo::usage_error);
  EXPECT_THROW(static_cast<void>(none.result()), rondo::usage_error);
  auto main = [&]() -> rondo::task<> { co_await none; };
  EXPECT_THROW(test::run(main), rondo::usage_error);
}

}  // namespace
