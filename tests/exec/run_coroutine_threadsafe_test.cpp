// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/gate.hpp"

using namespace std::chrono_literals;

namespace {

/// A loop on a thread of its own, until it is stopped.
class served_loop {
 public:
  served_loop() {
    std::atomic<bool> ready{false};
    thread_ = std::thread([this, &ready] {
      test::run([this, &ready]() -> rondo::task<> {
        ref_ = rondo::loop::current().ref();
        rondo::promise<> stop;
        auto stopped = stop.get_future();
        stop_ = std::move(stop);
        ready = true;
        ready.notify_one();
        co_await stopped;
      });
    });
    ready.wait(false);
  }
  ~served_loop() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    stop_.set_value();
    thread_.join();
  }
  rondo::loop_ref ref() const { return ref_; }

 private:
  rondo::loop_ref ref_;
  rondo::promise<> stop_;
  std::thread thread_;
};

rondo::task<int> answer() {
  co_await rondo::sleep(1us);
  co_return 42;
}

// Not sleep(1h): in virtual time an hour is over at once.
rondo::task<> for_ever() {
  rondo::event never;
  co_await never.wait();
}

TEST(run_coroutine_threadsafe, gives_the_value) {
  served_loop other;
  EXPECT_EQ(rondo::run_coroutine_threadsafe(answer, other.ref()).get(), 42);
  auto owned = [p = std::make_unique<int>(3)]() -> rondo::task<std::unique_ptr<int>> {
    co_await rondo::sleep(0s);
    co_return std::make_unique<int>(*p + 1);
  };
  EXPECT_EQ(*rondo::run_coroutine_threadsafe(std::move(owned), other.ref()).get(), 4);
  std::thread::id there;
  auto nothing = [&]() -> rondo::task<> {
    there = std::this_thread::get_id();
    co_return;
  };
  rondo::run_coroutine_threadsafe(nothing, other.ref()).get();
  EXPECT_NE(there, std::this_thread::get_id());
}

TEST(run_coroutine_threadsafe, throws_the_exception) {
  served_loop other;
  auto fails = []() -> rondo::task<int> {
    co_await rondo::sleep(0s);
    throw std::runtime_error("over there");
  };
  auto f = rondo::run_coroutine_threadsafe(fails, other.ref());
  try {
    f.get();
    FAIL() << "no exception came";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "over there");
  }
}

TEST(run_coroutine_threadsafe, what_fails_before_the_coroutine_is_thrown_too) {
  served_loop other;
  struct refuses {
    bool now = true;
    RONDO_CORO_WRAPPER rondo::task<int> operator()() const {
      if (now) throw std::invalid_argument("refused");
      return answer();
    }
  };
  EXPECT_THROW(rondo::run_coroutine_threadsafe(refuses(), other.ref()).get(),
               std::invalid_argument);
}

TEST(run_coroutine_threadsafe, cancel_stops_the_task) {
  served_loop other;
  std::atomic<bool> unwound{false}, began{false};
  struct flag {
    std::atomic<bool>& to;
    ~flag() { to = true; }
  };
  auto sleeps = [&]() -> rondo::task<int> {
    flag f{unwound};
    began = true;
    began.notify_one();
    co_await for_ever();
    co_return 1;
  };
  auto f = rondo::run_coroutine_threadsafe(sleeps, other.ref());
  began.wait(false);
  EXPECT_FALSE(f.done());
  f.cancel();
  EXPECT_THROW(f.get(), rondo::cancelled_error);
  EXPECT_TRUE(unwound);
  EXPECT_TRUE(f.done());
  f.cancel();  // again is nothing
}

TEST(run_coroutine_threadsafe, cancel_at_once_is_never_lost) {
  served_loop other;
  for (int i = 0; i < 200; ++i) {
    auto sleeps = []() -> rondo::task<int> {
      co_await for_ever();
      co_return 1;
    };
    auto f = rondo::run_coroutine_threadsafe(sleeps, other.ref());
    f.cancel();
    EXPECT_THROW(f.get(), rondo::cancelled_error);
  }
}

TEST(run_coroutine_threadsafe, get_with_a_limit_times_out_and_can_be_asked_again) {
  served_loop other;
  std::atomic<rondo::event*> event{nullptr};
  auto waits = [&]() -> rondo::task<int> {
    rondo::event e;
    event = &e;
    event.notify_one();
    co_await e.wait();
    co_return 8;
  };
  auto f = rondo::run_coroutine_threadsafe(waits, other.ref());
  event.wait(nullptr);
  try {
    static_cast<void>(f.get(1ms));
    ADD_FAILURE() << "it ended";
  } catch (const rondo::timeout_error& e) {
    EXPECT_STREQ(e.what(), "concurrent_future::get: the task has not ended after 0.001s");
  }
  EXPECT_THROW(f.get(0s), rondo::timeout_error);
  EXPECT_FALSE(f.done());
  other.ref().call_soon_threadsafe([&] { event.load()->set(); });
  EXPECT_EQ(f.get(1h), 8);
}

TEST(run_coroutine_threadsafe, a_closed_loop_cancels) {
  served_loop other;
  auto ref = other.ref();
  other.stop();
  auto f = rondo::run_coroutine_threadsafe(answer, ref);
  EXPECT_TRUE(f.done());
  EXPECT_THROW(f.get(), rondo::cancelled_error);
}

TEST(run_coroutine_threadsafe, a_loop_that_closes_meanwhile_cancels) {
  served_loop other;
  std::atomic<bool> began{false};
  auto sleeps = [&]() -> rondo::task<int> {
    began = true;
    began.notify_one();
    co_await for_ever();
    co_return 1;
  };
  auto f = rondo::run_coroutine_threadsafe(sleeps, other.ref());
  began.wait(false);
  other.stop();
  EXPECT_THROW(f.get(), rondo::cancelled_error);
}

TEST(run_coroutine_threadsafe, every_call_that_races_the_close_gets_an_answer) {
  for (int round = 0; round < 100; ++round) {
    served_loop other;
    std::vector<std::thread> callers;
    std::atomic<int> started{0};
    for (int i = 0; i < 2; ++i)
      callers.emplace_back([&, ref = other.ref()] {
        ++started;
        for (bool open = true; open;) {
          auto slow = []() -> rondo::task<int> {
            co_await for_ever();
            co_return 1;
          };
          auto quick = []() -> rondo::task<int> { co_return 2; };
          auto a = rondo::run_coroutine_threadsafe(quick, ref);
          auto b = rondo::run_coroutine_threadsafe(slow, ref);
          try {
            EXPECT_EQ(a.get(), 2);
          } catch (const rondo::cancelled_error&) {
            open = false;
          }
          if (!open || ref.call_soon_threadsafe([] {}) == false) {
            EXPECT_THROW(b.get(), rondo::cancelled_error);
            open = false;
          } else {
            b.cancel();
          }
        }
      });
    while (started < 2) std::this_thread::yield();
    other.stop();
    for (auto& c : callers) c.join();
  }
}

TEST(run_coroutine_threadsafe, from_many_threads) {
  served_loop other;
  std::vector<std::thread> callers;
  std::atomic<int> sum{0};
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        auto add = [&, t]() -> rondo::task<int> {
          co_await rondo::sleep(0s);
          co_return t;
        };
        sum += rondo::run_coroutine_threadsafe(add, other.ref()).get();
      }
    });
  for (auto& c : callers) c.join();
  EXPECT_EQ(sum.load(), 200 * (0 + 1 + 2 + 3));
}

TEST(run_coroutine_threadsafe, a_future_that_was_moved_away_says_so) {
  auto f = rondo::run_coroutine_threadsafe(answer, rondo::loop_ref());
  auto kept = std::move(f);
  EXPECT_THROW(static_cast<void>(f.done()), rondo::usage_error);
  EXPECT_THROW(f.get(), rondo::usage_error);
  EXPECT_THROW(f.get(1s), rondo::usage_error);
  EXPECT_THROW(f.cancel(), rondo::usage_error);
  EXPECT_THROW(kept.get(), rondo::cancelled_error) << "there was no loop";
}

/// Has the loop's diagnostics written down on its own thread.
void listen(test::diagnostics& seen, const rondo::loop_ref& loop) {
  auto begin = [&]() -> rondo::task<> {
    seen.listen();
    co_return;
  };
  rondo::run_coroutine_threadsafe(begin, loop).get();
}

TEST(run_coroutine_threadsafe, the_exception_of_a_dropped_future_is_reported_by_the_loop) {
  test::diagnostics seen;
  served_loop other;
  listen(seen, other.ref());
  test::gate dropped;
  auto fails_later = [&]() -> rondo::task<int> {
    dropped.wait();
    throw std::runtime_error("after the drop");
    co_return 0;
  };
  static_cast<void>(rondo::run_coroutine_threadsafe(fails_later, other.ref()));
  dropped.open();
  auto fails = []() -> rondo::task<int> {
    throw std::runtime_error("before the drop");
    co_return 0;
  };
  {
    auto first = rondo::run_coroutine_threadsafe(fails, other.ref());
    while (!first.done()) std::this_thread::yield();
    auto copy = first;
    first = std::move(copy);
  }
  {
    auto asked = rondo::run_coroutine_threadsafe(fails, other.ref());
    auto copy = asked;
    EXPECT_THROW(asked.get(), std::runtime_error);
  }
  EXPECT_EQ(rondo::run_coroutine_threadsafe(answer, other.ref()).get(), 42);
  other.stop();
  ASSERT_EQ(seen.messages.size(), 2u);
  std::string what =
      "a task of run_coroutine_threadsafe failed and nobody asked for its result: "
      "std::runtime_error: ";
  EXPECT_EQ(seen.messages[0].substr(0, seen.messages[0].find('\n')), what + "after the drop");
  EXPECT_EQ(seen.messages[1].substr(0, seen.messages[1].find('\n')), what + "before the drop");
}

// Who is first, the task with its end or the thread with its drop: one report.
TEST(run_coroutine_threadsafe, a_drop_raced_with_the_failure_is_reported_once) {
  test::diagnostics seen;
  constexpr int rounds = 2'000;
  served_loop other;
  listen(seen, other.ref());
  auto fails = []() -> rondo::task<int> {
    throw std::runtime_error("lost");
    co_return 0;
  };
  for (int i = 0; i < rounds; ++i) {
    auto f = rondo::run_coroutine_threadsafe(fails, other.ref());
    for (int spin = i % 64; spin > 0; --spin) static_cast<void>(f.done());
  }
  other.stop();
  EXPECT_EQ(seen.messages.size(), static_cast<std::size_t>(rounds));
}

}  // namespace
