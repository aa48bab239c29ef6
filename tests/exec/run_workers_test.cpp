// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;

namespace {

constexpr rondo::workers_options quiet{.interrupt = rondo::on_interrupt::leave_alone};

TEST(run_workers, runs_each_index_on_a_thread_of_its_own) {
  std::mutex mutex;
  std::set<std::size_t> indices;
  std::set<std::thread::id> threads;
  rondo::run_workers(
      3,
      [&](std::size_t i) -> rondo::task<> {
        co_await rondo::sleep(0s);
        std::lock_guard lock(mutex);
        indices.insert(i);
        threads.insert(std::this_thread::get_id());
      },
      quiet);
  EXPECT_EQ(indices, (std::set<std::size_t>{0, 1, 2}));
  EXPECT_EQ(threads.size(), 3u);
  EXPECT_EQ(threads.count(std::this_thread::get_id()), 0u);
}

TEST(run_workers, zero_means_one_a_core) {
  std::atomic<std::size_t> ran{0};
  rondo::run_workers(
      0,
      [&](std::size_t) -> rondo::task<> {
        ++ran;
        co_return;
      },
      quiet);
  EXPECT_EQ(ran, rondo::detail::worker_threads::usable_cores());
}

TEST(run_workers, the_first_failure_cancels_the_others_and_is_thrown) {
  std::atomic<int> waiting{0}, unwound{0};
  struct leave {
    std::atomic<int>& n;
    ~leave() { n += rondo::unwinding(); }
  };
  std::string what;
  try {
    rondo::run_workers(
        3,
        [&](std::size_t i) -> rondo::task<> {
          if (i == 1) {
            while (waiting < 2) co_await rondo::sleep(0s);
            throw std::runtime_error("the second");
          }
          leave l{unwound};
          ++waiting;
          co_await rondo::sleep(1h);
        },
        {.backend = rondo::backend_kind::epoll, .interrupt = rondo::on_interrupt::leave_alone});
  } catch (const std::runtime_error& e) {
    what = e.what();
  }
  EXPECT_EQ(what, "the second");
  EXPECT_EQ(unwound, 2);
}

TEST(run_workers, failures_at_the_same_time_stop_all_once) {
  for (int round = 0; round < 50; ++round) {
    testing::internal::CaptureStderr();
    EXPECT_THROW(rondo::run_workers(
                     3,
                     [&](std::size_t) -> rondo::task<> {
                       throw std::logic_error("each");
                       co_return;
                     },
                     quiet),
                 std::logic_error);
    testing::internal::GetCapturedStderr();
  }
}

TEST(run_workers, a_worker_that_is_deadlocked_says_so) {
  testing::internal::CaptureStderr();
  EXPECT_THROW(rondo::run_workers(
                   2,
                   [&](std::size_t) -> rondo::task<> {
                     rondo::event never;
                     co_await never.wait();
                   },
                   quiet),
               rondo::deadlock_error);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("deadlock"), std::string::npos);
}

TEST(run_workers, not_inside_of_a_loop) {
  test::run([]() -> rondo::task<> {
    EXPECT_THROW(rondo::run_workers(
                     1, [](std::size_t) -> rondo::task<> { co_return; }, quiet),
                 rondo::usage_error);
    co_return;
  });
}

TEST(run_workers, pins_each_to_one_core) {
  std::atomic<int> pinned{0};
  rondo::run_workers(2,
                     [&](std::size_t) -> rondo::task<> {
                       cpu_set_t cores;
                       sched_getaffinity(0, sizeof cores, &cores);
                       pinned += CPU_COUNT(&cores) == 1;
                       co_return;
                     },
                     {.interrupt = rondo::on_interrupt::leave_alone, .pin = true});
  EXPECT_EQ(pinned, 2);
}

TEST(run_workers, a_channel_feeds_them_all) {
  rondo::channel<int> jobs(2);
  std::atomic<long> sum{0};
  rondo::run_workers(
      3,
      [&](std::size_t i) -> rondo::task<> {
        if (i == 0) {
          for (int n = 1; n <= 500; ++n) co_await jobs.send(n);
          jobs.close();
        } else {
          while (auto n = co_await jobs.receive()) sum += *n;
        }
      },
      quiet);
  EXPECT_EQ(sum, 500L * 501 / 2);
}

std::string real_backend() {
  const char* b = std::getenv("RONDO_BACKEND");
  return std::string("RONDO_BACKEND=") + (b && std::string(b) != "sim" ? b : "");
}

struct loud {
  ~loud() { test::say(rondo::unwinding() ? "unwound\n" : "left\n"); }
};

rondo::task<> wait_long(std::size_t) {
  loud l;
  test::say("ready\n");
  co_await rondo::sleep(1h);
}

RONDO_CHILD(workers_sleep) {
  rondo::run_workers(2, wait_long, {.terminate = true});
  test::say("returned\n");
  return 0;
}

TEST(run_workers, one_signal_stops_all) {
  for (int number : {SIGINT, SIGTERM}) {
    test::child c("workers_sleep", {real_backend()});
    ASSERT_TRUE(c.wait_for("ready\nready\n")) << c.output();
    c.signal(number);
    EXPECT_EQ(c.wait(), "signal " + std::to_string(number));
    EXPECT_EQ(c.output(), "ready\nready\nunwound\nunwound\n");
  }
}

RONDO_CHILD(workers_raise) {
  try {
    rondo::run_workers(2, wait_long, {.interrupt = rondo::on_interrupt::raise});
  } catch (const rondo::keyboard_interrupt&) {
    test::say("keyboard_interrupt\n");
  }
  return 3;
}

TEST(run_workers, raise_throws_keyboard_interrupt) {
  test::child c("workers_raise", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready\nready\n")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "exit 3");
  EXPECT_EQ(c.output(), "ready\nready\nunwound\nunwound\nkeyboard_interrupt\n");
}

RONDO_CHILD(workers_stubborn) {
  rondo::run_workers(2, [](std::size_t) -> rondo::task<> {
    struct stubborn {
      ~stubborn() {
        test::say("unwinding\n");
        for (;;) pause();
      }
    } s;
    test::say("ready\n");
    co_await rondo::sleep(1h);
  });
  return 0;
}

TEST(run_workers, a_second_signal_kills_at_once) {
  test::child c("workers_stubborn", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready\nready\n")) << c.output();
  c.signal(SIGINT);
  ASSERT_TRUE(c.wait_for("unwinding")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
}

}  // namespace
