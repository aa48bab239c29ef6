// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/rondo.hpp>

#include "support/child.hpp"
#include "support/io_call.hpp"

using namespace std::chrono_literals;

namespace {

/// The backend under test; with virtual time nobody would wait for the signal.
std::string real_backend() {
  const char* b = std::getenv("RONDO_BACKEND");
  return std::string("RONDO_BACKEND=") + (b && std::string(b) != "sim" ? b : "");
}

/// Says when it is destroyed, and by what.
struct loud {
  const char* name;
  explicit loud(const char* n) : name(n) {}
  loud(const loud&) = delete;
  ~loud() { test::say(std::string("~") + name + (rondo::unwinding() ? " unwinding\n" : "\n")); }
};

rondo::task<> inner() {
  loud l("inner");
  test::say("ready\n");
  co_await rondo::sleep(1h);
  test::say("never\n");
}

rondo::task<> sleeper() {
  loud l("main");
  co_await inner();
}

RONDO_CHILD(interrupt_sleeper) {
  std::printf("buffered text");  // no newline, no flush
  rondo::run(sleeper());
  test::say("run returned\n");
  return 0;
}

TEST(interrupt, cancels_main_runs_destructors_flushes_and_dies_of_it) {
  test::child c("interrupt_sleeper", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
  EXPECT_EQ(c.output(), "ready\n~inner unwinding\n~main unwinding\nbuffered text");
}

TEST(interrupt, does_so_on_every_backend) {
  for (const char* backend : {"RONDO_BACKEND=uring", "RONDO_BACKEND=epoll"}) {
    test::child c("interrupt_sleeper", {backend});
    ASSERT_TRUE(c.wait_for("ready")) << backend << c.output();
    c.signal(SIGINT);
    EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT)) << backend;
    EXPECT_NE(c.output().find("~main unwinding"), std::string::npos) << backend << c.output();
  }
}

TEST(interrupt, without_the_option_sigterm_kills_at_once) {
  test::child c("interrupt_sleeper", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGTERM);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGTERM));
  EXPECT_EQ(c.output(), "ready\n");
}

// In virtual time nothing waits in the kernel: a thread keeps the loop waiting.
RONDO_CHILD(interrupt_sim) {
  rondo::loop_ref outside;
  rondo::run(
      [&]() -> rondo::task<> {
        loud l("main");
        outside = rondo::loop::current().ref();
        test::say("ready\n");
        rondo::event never;
        co_await never.wait();
      },
      {.backend = rondo::backend_kind::sim});
  return 0;
}

TEST(interrupt, wakes_a_loop_in_virtual_time) {
  test::child c("interrupt_sim", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
  EXPECT_EQ(c.output(), "ready\n~main unwinding\n");
}

RONDO_CHILD(interrupt_left_over_tasks) {
  rondo::run([]() -> rondo::task<> {
    auto left = []() -> rondo::task<> {
      loud l("left over");
      co_await rondo::sleep(1h);
    };
    rondo::create_task(left());
    co_await sleeper();
  });
  return 0;
}

TEST(interrupt, unwinds_the_other_tasks_too) {
  test::child c("interrupt_left_over_tasks", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
  EXPECT_NE(c.output().find("~left over unwinding"), std::string::npos) << c.output();
}

RONDO_CHILD(interrupt_stubborn) {
  struct stubborn {
    ~stubborn() {
      test::say("unwinding\n");
      for (;;) pause();
    }
  };
  rondo::run([]() -> rondo::task<> {
    stubborn s;
    test::say("ready\n");
    co_await rondo::sleep(1h);
  });
  return 0;
}

TEST(interrupt, the_second_one_kills_at_once) {
  test::child c("interrupt_stubborn", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  ASSERT_TRUE(c.wait_for("unwinding")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
}

RONDO_CHILD(interrupt_busy) {
  rondo::run([]() -> rondo::task<> {
    test::say("ready\n");
    for (;;) ::poll(nullptr, 0, -1);  // never returns to the loop
    co_return;
  });
  return 0;
}

TEST(interrupt, the_second_one_kills_a_loop_that_hangs) {
  test::child c("interrupt_busy", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  // Two pending signals are one, so more are sent until one was the second.
  while (!c.ended()) {
    c.signal(SIGINT);
    std::this_thread::yield();
  }
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
}

int users_fd = -1;
extern "C" void users_handler(int) {
  std::uint64_t one = 1;
  [[maybe_unused]] auto n = write(users_fd, &one, sizeof one);
}

RONDO_CHILD(interrupt_users_handler) {
  test::file wakes = test::make_eventfd();
  users_fd = wakes.get();
  std::signal(SIGINT, users_handler);
  rondo::run([&]() -> rondo::task<> {
    test::say("ready\n");
    co_await test::poll(wakes.get(), POLLIN);
    test::say("the user's handler ran, main goes on\n");
  });
  bool still = std::signal(SIGINT, SIG_DFL) == users_handler;
  test::say(still ? "handler kept\n" : "handler lost\n");
  return 0;
}

TEST(interrupt, a_handler_of_the_users_is_left_alone) {
  test::child c("interrupt_users_handler", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "exit 0");
  EXPECT_EQ(c.output(), "ready\nthe user's handler ran, main goes on\nhandler kept\n");
}

RONDO_CHILD(interrupt_ignored) {
  std::signal(SIGINT, SIG_IGN);
  rondo::run([]() -> rondo::task<> {
    std::raise(SIGINT);
    co_await rondo::sleep(0s);
  });
  test::say(std::signal(SIGINT, SIG_DFL) == SIG_IGN ? "still ignored\n" : "taken\n");
  return 0;
}

TEST(interrupt, an_ignored_signal_stays_ignored) {
  test::child c("interrupt_ignored", {real_backend()});
  EXPECT_EQ(c.wait(), "exit 0");
  EXPECT_EQ(c.output(), "still ignored\n");
}

RONDO_CHILD(interrupt_raise) {
  try {
    rondo::run(sleeper(), {.interrupt = rondo::on_interrupt::raise});
    test::say("run returned\n");
  } catch (const rondo::keyboard_interrupt&) {
    test::say("keyboard_interrupt\n");
  }
  test::say(std::signal(SIGINT, SIG_DFL) == SIG_DFL ? "default restored\n" : "not restored\n");
  return 3;
}

TEST(interrupt, raise_throws_keyboard_interrupt) {
  test::child c("interrupt_raise", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "exit 3");
  EXPECT_EQ(c.output(),
            "ready\n~inner unwinding\n~main unwinding\nkeyboard_interrupt\ndefault restored\n");
}

RONDO_CHILD(interrupt_main_completes) {
  int n = rondo::run([]() -> rondo::task<int> {
    std::raise(SIGINT);  // arrives, but main never suspends again
    co_return 5;
  });
  test::say("run gave " + std::to_string(n) + "\n");
  return 0;
}

TEST(interrupt, a_main_that_completes_wins) {
  test::child c("interrupt_main_completes", {real_backend()});
  EXPECT_EQ(c.wait(), "exit 0");
  EXPECT_EQ(c.output(), "run gave 5\n");
}

RONDO_CHILD(interrupt_not_deadlock) {
  rondo::run([]() -> rondo::task<> {
    loud l("main");
    rondo::event never;
    std::raise(SIGINT);
    co_await never.wait();
  });
  return 0;
}

TEST(interrupt, comes_before_a_deadlock) {
  test::child c("interrupt_not_deadlock", {real_backend()});
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT)) << c.output();
  EXPECT_EQ(c.output(), "~main unwinding\n");
}

RONDO_CHILD(interrupt_shielded_main_completes) {
  int n = rondo::run([]() -> rondo::task<int> {
    auto work = []() -> rondo::task<int> {
      std::raise(SIGINT);
      co_await rondo::sleep(1ms);
      co_return 7;
    };
    co_return co_await rondo::shield(work());
  });
  test::say("run gave " + std::to_string(n) + "\n");
  return 0;
}

TEST(interrupt, a_main_that_completes_behind_a_shield_wins) {
  test::child c("interrupt_shielded_main_completes", {real_backend()});
  EXPECT_EQ(c.wait(), "exit 0") << c.output();
  EXPECT_EQ(c.output(), "run gave 7\n");
}

RONDO_CHILD(interrupt_terminate) {
  rondo::run(sleeper(), {.terminate = true});
  return 0;
}

TEST(interrupt, sigterm_does_the_same_when_asked_for) {
  test::child c("interrupt_terminate", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGTERM);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGTERM));
  EXPECT_EQ(c.output(), "ready\n~inner unwinding\n~main unwinding\n");
}

// The kernel spares PID 1; a blocked signal does the same to us.
RONDO_CHILD(interrupt_survives) {
  struct blocks_the_signal {
    ~blocks_the_signal() {
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGINT);
      pthread_sigmask(SIG_BLOCK, &set, nullptr);
    }
  };
  auto main = []() -> rondo::task<> {
    blocks_the_signal b;
    co_await inner();
  };
  rondo::run(main());
  test::say("run returned\n");
  return 0;
}

TEST(interrupt, a_process_that_the_signal_does_not_kill_exits_with_its_number) {
  test::child c("interrupt_survives", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "exit " + std::to_string(128 + SIGINT));
  EXPECT_EQ(c.output(), "ready\n~inner unwinding\n");
}

RONDO_CHILD(interrupt_leave_alone) {
  rondo::run(sleeper(), {.interrupt = rondo::on_interrupt::leave_alone});
  return 0;
}

TEST(interrupt, leave_alone_leaves_the_default) {
  test::child c("interrupt_leave_alone", {real_backend()});
  ASSERT_TRUE(c.wait_for("ready")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
  EXPECT_EQ(c.output(), "ready\n");
}

// Loops of other threads run beside main's and must not touch its interrupt.
RONDO_CHILD(interrupt_many_loops) {
  std::atomic<int> running{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      rondo::run([&]() -> rondo::task<> {
        ++running;
        for (int n = 0; n < 100'000; ++n) co_await rondo::sleep(0s);
        test::say("other done\n");
      });
    });
  int result = 1;
  try {
    rondo::run(
        [&]() -> rondo::task<> {
          while (running < 3) co_await rondo::sleep(0s);
          std::raise(SIGINT);
          co_await rondo::sleep(1h);
        },
        {.interrupt = rondo::on_interrupt::raise});
  } catch (const rondo::keyboard_interrupt&) {
    result = 4;
  }
  for (auto& t : threads) t.join();
  return result;
}

TEST(interrupt, is_for_the_main_threads_loop_only) {
  test::child c("interrupt_many_loops", {real_backend()});
  EXPECT_EQ(c.wait(), "exit 4") << c.output();
  EXPECT_EQ(c.output(), "other done\nother done\nother done\n");
}

}  // namespace
