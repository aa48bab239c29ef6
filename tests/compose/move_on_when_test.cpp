// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>
#include <rondo/compose/move_on_when.hpp>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> after(rondo::delay d, int value) {
  co_await rondo::sleep(d);
  co_return value;
}

rondo::task<> stays(test::journal& j, std::string name) {
  test::witness w(j, std::move(name));
  co_await rondo::sleep(1000h);
}

TEST(move_on_when, gives_the_value_when_nobody_stops_it) {
  test::run_virtual([]() -> rondo::task<> {
    std::stop_source source;
    auto v = co_await rondo::move_on_when(after(1s, 5), source.get_token());
    EXPECT_EQ(v, 5);
    auto none = co_await rondo::move_on_when(std::stop_token(), rondo::sleep(1s));  // either order
    EXPECT_TRUE(none.has_value());
    std::string text;
    auto fails = []() -> rondo::task<> {
      co_await rondo::sleep(1s);
      throw std::runtime_error("boom");
    };
    try {
      auto nothing = co_await rondo::move_on_when(fails(), source.get_token());
      EXPECT_FALSE(nothing);
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "boom");
  });
}

TEST(move_on_when, cancels_when_a_stop_is_requested_on_the_loops_thread) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    std::stop_source source;
    auto later = rondo::call_later(1s, [&] { source.request_stop(); });
    auto begin = rondo::now();
    auto none = co_await rondo::move_on_when(stays(j, "inside"), source.get_token());
    EXPECT_FALSE(none);
    EXPECT_EQ(rondo::now() - begin, 1s);
    EXPECT_EQ(j.lines, (test::lines{"~inside"}));
    none = co_await rondo::move_on_when(stays(j, "begun"), source.get_token());
    EXPECT_FALSE(none);
  });
  EXPECT_EQ(j.lines, (test::lines{"~inside"})) << "it began after the stop";
}

TEST(move_on_when, completion_wins) {
  test::run_virtual([]() -> rondo::task<> {
    std::stop_source source;
    rondo::event e;
    // Set and stopped in the same breath.
    auto later = rondo::call_later(1s, [&] {
      e.set();
      source.request_stop();
    });
    auto won = co_await rondo::move_on_when(e.wait(), source.get_token());
    EXPECT_TRUE(won.has_value());
    std::stop_source kernels;
    auto stop = rondo::call_later(1s, [&] { kernels.request_stop(); });
    auto v = co_await rondo::move_on_when(test::kernel_operation(10s, true), kernels.get_token());
    EXPECT_EQ(v, 42);
  });
}

TEST(move_on_when, cancelled_cancels_what_it_waits_for_and_takes_its_callback_back) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    std::stop_source source;
    auto body = [&]() -> rondo::task<> {
      auto none = co_await rondo::move_on_when(stays(j, "inside"), source.get_token());
      j.say(none ? "never" : "never either");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    auto unbegun = rondo::create_task(body());
    unbegun.cancel();
    co_await test::ended(unbegun);
    source.request_stop();
    co_await test::turns(3);
  });
  EXPECT_EQ(j.lines, (test::lines{"~inside"}));
}

TEST(move_on_when, throws_cancelled_error_when_only_the_child_cancelled_itself) {
  test::run_virtual([]() -> rondo::task<> {
    std::stop_source source;
    auto gives_up = []() -> rondo::task<> {
      rondo::current_task().cancel("enough");
      co_await rondo::sleep(1s);
    };
    std::string message;
    try {
      auto v = co_await rondo::move_on_when(gives_up(), source.get_token());
      EXPECT_FALSE(v);
    } catch (const rondo::cancelled_error& e) {
      message = e.message();
    }
    EXPECT_EQ(message, "enough");
  });
}

TEST(move_on_when, a_stop_may_come_from_another_thread_while_nothing_else_happens) {
  test::run([]() -> rondo::task<> {
    std::stop_source source;
    rondo::event never;
    std::jthread stopper;
    auto body = [&]() -> rondo::task<> {
      stopper = std::jthread([&] { source.request_stop(); });
      co_await never.wait();
    };
    auto none = co_await rondo::move_on_when(body(), source.get_token());
    EXPECT_FALSE(none);
  });
}

// The stop, the end of the child and a cancellation in every order.
TEST(move_on_when, stops_that_race_completions_and_cancels_are_sound) {
  int values = 0, stopped = 0, cancelled = 0;
  constexpr int rounds = 3'000;
  test::run([&]() -> rondo::task<> {
    std::atomic<std::stop_source*> request{nullptr};
    std::atomic<bool> end{false};
    std::jthread stopper([&] {
      while (!end)
        if (std::stop_source* s = request.exchange(nullptr)) {
          s->request_stop();
          delete s;
        }
    });
    for (int i = 0; i < rounds; ++i) {
      auto source = std::make_unique<std::stop_source>();
      std::stop_token token = source->get_token();
      auto body = [&]() -> rondo::task<> {
        auto v = co_await rondo::move_on_when(test::turns(i % 5), token);
        ++(v ? values : stopped);
      };
      auto h = rondo::create_task(body());
      if (i % 2) co_await rondo::sleep(0s);
      delete request.exchange(source.release());
      if (i % 3 == 0) co_await test::turns(i % 4);
      if (i % 3 == 0) h.cancel();
      co_await rondo::wait(h);
      if (h.cancelled()) ++cancelled;
    }
    end = true;
    stopper.join();
    delete request.exchange(nullptr);
  });
  EXPECT_EQ(values + stopped + cancelled, rounds);
}

// A library that calls back on its own thread: the promise goes with the callback.
TEST(callbacks, become_awaitable_with_a_promise) {
  test::run([]() -> rondo::task<> {
    std::vector<std::jthread> library;
    auto read_sensor = [&](auto callback) {
      library.emplace_back([callback = std::move(callback)]() mutable { callback(42); });
    };
    auto reading = [&]() -> rondo::task<int> {
      rondo::promise<int> p;
      rondo::future<int> value = p.get_future();
      auto keep = [p = std::move(p)](int v) mutable { p.set_value(v); };
      read_sensor(std::move(keep));
      co_return co_await value;
    };
    EXPECT_EQ(co_await reading(), 42);
    auto [a, b] = co_await rondo::gather(reading(), reading());
    EXPECT_EQ(a + b, 84);
    // Given up meanwhile: the callback keeps a promise that nobody waits for.
    auto given_up = rondo::create_task(reading());
    co_await rondo::sleep(0s);
    given_up.cancel();
    co_await rondo::wait(given_up);
  });
}

}  // namespace
