// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What is reported where no caller can be told: with name, file and line.
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/child.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

struct reports {
  std::vector<rondo::diagnostic> all;
  void collect() {
    rondo::loop::current().set_exception_handler(
        [this](const rondo::diagnostic& d) { all.push_back(d); });
  }
  std::vector<std::string> of(rondo::problem kind) const {
    std::vector<std::string> found;
    for (const auto& d : all)
      if (d.kind == kind) found.push_back(d.message);
    return found;
  }
};

void expect_says(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

// The one thing that a loop must not do. Long against the watchdog's 100 ms.
void hold_the_loop() {
  auto until = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < until) {
  }
}

rondo::task<> blocks_and_ends() {
  co_await rondo::sleep(0s);
  hold_the_loop();
}

constexpr int line_of_sleep = __LINE__ + 4;
rondo::task<> blocks_and_sleeps() {
  co_await rondo::sleep(0s);
  hold_the_loop();
  co_await rondo::sleep(0s);
}

TEST(watchdog, names_the_coroutine_that_held_the_loop) {
  reports r;
  test::run(
      [&]() -> rondo::task<> {
        r.collect();
        co_await rondo::create_task(blocks_and_ends());
      },
      {.debug = true});
  auto found = r.of(rondo::problem::blocked_loop);
  ASSERT_EQ(found.size(), 1u);
  expect_says(found[0], {"task 'blocks_and_ends'", "held the loop for over ", " ms", "to_thread"});
}

TEST(watchdog, says_where_the_step_ended) {
  reports r;
  test::run(
      [&]() -> rondo::task<> {
        r.collect();
        co_await rondo::create_task(blocks_and_sleeps(), "worker 7");
      },
      {.debug = true});
  auto found = r.of(rondo::problem::blocked_loop);
  ASSERT_EQ(found.size(), 1u);
  std::string line = "watchdog_test.cpp:" + std::to_string(line_of_sleep);
  expect_says(found[0], {"task 'worker 7'", "blocks_and_sleeps", line.c_str()});
}

TEST(watchdog, reports_each_step_once_and_no_innocent_one) {
  reports r;
  test::run(
      [&]() -> rondo::task<> {
        r.collect();
        for (int i = 0; i < 2; ++i) {
          co_await rondo::create_task(blocks_and_ends());
          auto innocent = []() -> rondo::task<> {
            for (int n = 0; n < 1'000; ++n) co_await rondo::sleep(0s);
          };
          co_await rondo::create_task(innocent());
        }
      },
      {.debug = true});
  auto found = r.of(rondo::problem::blocked_loop);
  ASSERT_EQ(found.size(), 2u);
  for (const auto& f : found) expect_says(f, {"blocks_and_ends"});
}

TEST(watchdog, a_long_wait_is_no_blocking) {
  reports r;
  test::run(
      [&]() -> rondo::task<> {
        r.collect();
        co_await rondo::to_thread(hold_the_loop);
      },
      {.debug = true});
  EXPECT_TRUE(r.of(rondo::problem::blocked_loop).empty());
}

// Also what is no resume of a task: a callback, a destructor that unwinding runs.
TEST(watchdog, names_a_callback_by_where_it_was_asked_for) {
  reports r;
  int line = 0;
  test::run(
      [&]() -> rondo::task<> {
        r.collect();
        line = __LINE__ + 1;
        rondo::call_soon(hold_the_loop);
        auto timer = rondo::call_later(1ms, hold_the_loop);
        co_await rondo::sleep(2ms);
        co_await rondo::sleep(0s);
        co_await rondo::sleep(0s);
      },
      {.debug = true});
  auto found = r.of(rondo::problem::blocked_loop);
  ASSERT_EQ(found.size(), 2u);
  std::string first = "a callback of call_soon at watchdog_test.cpp:" + std::to_string(line);
  std::string second = "a callback of call_later at watchdog_test.cpp:" + std::to_string(line + 1);
  expect_says(found[0], {first.c_str(), " held the loop for over "});
  expect_says(found[1], {second.c_str(), " held the loop for over "});
}

TEST(watchdog, names_the_task_whose_unwinding_held_the_loop) {
  reports r;
  struct slow {
    slow() {}
    ~slow() { hold_the_loop(); }
  };
  test::run(
      [&]() -> rondo::task<> {
        r.collect();
        auto victim = []() -> rondo::task<> {
          slow s;
          co_await rondo::sleep(1h);
        };
        auto h = rondo::create_task(victim(), "the victim");
        co_await rondo::sleep(0s);
        h.cancel();
        co_await rondo::wait(h);
      },
      {.debug = true});
  auto found = r.of(rondo::problem::blocked_loop);
  ASSERT_EQ(found.size(), 1u);
  expect_says(found[0], {"task 'the victim' held the loop for over ", "destructors"});
}

// The steps that never end: their program is killed once it has said what holds it.
constexpr int line_before_the_hold = __LINE__ + 2;
rondo::task<> holds_for_ever() {
  co_await rondo::sleep(0s);
  for (;;) hold_the_loop();
}
RONDO_CHILD(watchdog_for_ever) {
  rondo::run(holds_for_ever(), {.debug = true});
  return 0;
}
rondo::task<int> ready() { co_return 1; }
rondo::task<> awaits_for_ever() {
  for (;;) co_await ready();
}
RONDO_CHILD(watchdog_awaits) {
  auto main = []() -> rondo::task<> {
    auto h = rondo::create_task(awaits_for_ever(),
                                "a name that is longer than what the watchdog "
                                "keeps of names, which is a line");
    co_await h;
  };
  rondo::run(main, {.debug = true});
  return 0;
}
RONDO_CHILD(watchdog_guest) {
  rondo::loop l({.debug = true});
  l.call_soon([] {
    for (;;) hold_the_loop();
  });
  l.run_once();
  return 0;
}

TEST(watchdog, reports_a_step_that_does_not_end) {
  test::child held("watchdog_for_ever");
  EXPECT_TRUE(held.wait_for("task 'holds_for_ever' has held the loop for over ")) << held.output();
  std::string since = "since its co_await in holds_for_ever at watchdog_test.cpp:" +
                      std::to_string(line_before_the_hold) + " and holds it still";
  EXPECT_TRUE(held.wait_for(since)) << held.output();
  test::child awaits("watchdog_awaits");
  EXPECT_TRUE(awaits.wait_for(
      "task 'a name that is longer than what the watchdog keeps of names, wh' has held"))
      << awaits.output();
  EXPECT_TRUE(awaits.wait_for("since it began")) << awaits.output();
  test::child guest("watchdog_guest");
  EXPECT_TRUE(guest.wait_for("a callback of call_soon at watchdog_test.cpp:")) << guest.output();
}

RONDO_CHILD(watchdog_block) {
  rondo::run(blocks_and_ends());
  return 0;
}

TEST(watchdog, is_switched_by_the_environment) {
  test::child on("watchdog_block", {"RONDO_DEBUG=1"});
  EXPECT_EQ(on.wait(), "exit 0");
  expect_says(on.output(), {"rondo: task 'blocks_and_ends' held the loop"});
  test::child off("watchdog_block", {"RONDO_DEBUG=0"});
  EXPECT_EQ(off.wait(), "exit 0");
  EXPECT_EQ(off.output(), "");
}

// --- tasks that nobody awaited

constexpr int line_of_forgotten = __LINE__ + 1;
rondo::task<int> forgotten(int n) { co_return n; }

TEST(never_awaited, is_reported_with_name_file_and_line) {
  reports r;
  test::run([&]() -> rondo::task<> {
    r.collect();
    {
      auto t = forgotten(1);
    }
    co_return;
  });
  auto found = r.of(rondo::problem::never_awaited);
  ASSERT_EQ(found.size(), 1u);
  std::string where = "watchdog_test.cpp:" + std::to_string(line_of_forgotten);
  expect_says(found[0], {"task 'forgotten' was never awaited", where.c_str()});
}

TEST(never_awaited, outside_of_loops_goes_to_standard_error) {
  testing::internal::CaptureStderr();
  {
    auto t = forgotten(1);
  }
  expect_says(testing::internal::GetCapturedStderr(),
              {"rondo: task 'forgotten' was never awaited"});
}

TEST(never_awaited, is_not_said_of_what_dies_with_its_awaiter) {
  reports r;
  test::run([&]() -> rondo::task<> {
    r.collect();
    auto cancelled = []() -> rondo::task<> {
      auto later = forgotten(1);
      co_await rondo::sleep(1h);
      co_await std::move(later);
    };
    auto t = rondo::create_task(cancelled());
    co_await rondo::sleep(0s);
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_TRUE(t.done());
    try {
      auto later = forgotten(2);
      throw std::runtime_error("on the way");
    } catch (const std::runtime_error&) {
    }
  });
  EXPECT_TRUE(r.all.empty()) << r.all[0].message;
}

// --- exceptions that nobody asked for

rondo::task<> fails_alone() {
  co_await rondo::sleep(0s);
  throw std::runtime_error("boom");
}

TEST(not_retrieved, is_reported_with_name_and_exception) {
  reports r;
  test::run([&]() -> rondo::task<> {
    r.collect();
    rondo::create_task(fails_alone());
    auto named = rondo::create_task(fails_alone(), "uploader");
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
  });
  auto found = r.of(rondo::problem::exception_not_retrieved);
  ASSERT_EQ(found.size(), 2u);
  expect_says(found[0], {"'fails_alone'", "std::runtime_error: boom", "nobody asked",
                         "(created at watchdog_test.cpp:"});
  expect_says(found[1], {"'uploader'"});
  for (const auto& d : r.all) EXPECT_THROW(std::rethrow_exception(d.error), std::runtime_error);
}

TEST(not_retrieved, is_not_said_once_somebody_has_asked) {
  reports r;
  test::run([&]() -> rondo::task<> {
    r.collect();
    auto awaited = rondo::create_task(fails_alone());
    auto looked_at = rondo::create_task(fails_alone());
    try {
      co_await awaited;
      ADD_FAILURE() << "no exception came";
    } catch (const std::runtime_error&) {
    }
    EXPECT_TRUE(looked_at.exception());
  });
  EXPECT_TRUE(r.all.empty()) << r.all[0].message;
}

TEST(not_retrieved, without_a_handler_goes_to_standard_error) {
  testing::internal::CaptureStderr();
  test::run([&]() -> rondo::task<> {
    rondo::create_task(fails_alone());
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
  });
  expect_says(testing::internal::GetCapturedStderr(),
              {"rondo: task 'fails_alone' failed", "std::runtime_error: boom"});
}

// --- threads

TEST(wrong_thread, cancelling_a_task_elsewhere_is_an_error) {
  test::run([]() -> rondo::task<> {
    auto h = rondo::create_task(rondo::sleep(1h), "the sleeper");
    co_await rondo::sleep(0s);
    std::string said;
    std::thread([&] {
      try {
        h.cancel();
      } catch (const rondo::usage_error& e) {
        said = e.what();
      }
    }).join();
    expect_says(said, {"task_handle::cancel", "the sleeper", "call_soon_threadsafe"});
    co_await rondo::sleep(0s);
    EXPECT_FALSE(h.done());
    h.cancel();
  });
}

TEST(wrong_thread, awaiting_a_task_of_another_loop_is_an_error) {
  test::run([]() -> rondo::task<> {
    auto h = rondo::create_task(rondo::sleep(1h), "the sleeper");
    co_await rondo::sleep(0s);
    std::string said;
    auto waits = [&]() -> rondo::task<> { co_await h; };
    std::thread([&] {
      try {
        test::run(waits());
      } catch (const rondo::usage_error& e) {
        said = e.what();
      }
    }).join();
    expect_says(said, {"the sleeper", "another thread", "run_coroutine_threadsafe"});
    h.cancel();
  });
}

TEST(wrong_thread, a_task_that_has_ended_may_be_asked_anywhere) {
  auto h = test::run([]() -> rondo::task<rondo::task_handle<int>> {
    auto work = []() -> rondo::task<int> { co_return 5; };
    auto task = rondo::create_task(work());
    co_await task;
    co_return task;
  });
  h.cancel();
  auto waits = [&]() -> rondo::task<int> { co_return co_await h; };
  EXPECT_EQ(test::run(waits()), 5);
}

TEST(wrong_thread_death, two_loops_that_wait_for_one_event_end_with_the_advice) {
  EXPECT_DEATH(
      test::run([]() -> rondo::task<> {
        rondo::event e;
        auto waits = [&]() -> rondo::task<> { co_await e.wait(); };
        rondo::create_task(waits(), "the waiter");
        co_await rondo::sleep(0s);
        std::thread([&] { test::run(waits()); }).join();
      }),
      "event was used on a thread that is not its loop's.*the waiter.*call_soon_threadsafe");
}

TEST(wrong_thread_death, setting_an_event_elsewhere_ends_with_the_advice) {
  EXPECT_DEATH(
      test::run([]() -> rondo::task<> {
        rondo::event e;
        auto waits = [&]() -> rondo::task<> { co_await e.wait(); };
        rondo::create_task(waits(), "the waiter");
        co_await rondo::sleep(0s);
        std::thread([&] { e.set(); }).join();
      }),
      "event was used on a thread that is not its loop's.*the waiter.*call_soon_threadsafe");
}

}  // namespace
