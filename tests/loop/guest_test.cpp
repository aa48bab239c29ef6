// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Rondo inside of somebody else's loop: here a plain poll(2).
#include <poll.h>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/io_call.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

using rondo::backend_kind;

class guest : public testing::TestWithParam<backend_kind> {
 protected:
  void SetUp() override {
    try {
      loop_ = std::make_unique<rondo::loop>(rondo::loop_options{.backend = GetParam()});
    } catch (const std::system_error& e) {
      GTEST_SKIP() << e.what();
    }
  }

  /// The foreign loop: sleeps in poll(2) until our fd is readable. Gives the
  /// number of times that it woke up.
  template <class Done>
  int run_foreign(Done&& done) {
    int wakeups = 0;
    while (!done()) {
      pollfd p{loop_->fd(), POLLIN, 0};
      int n = ::poll(&p, 1, 10'000);
      if (n == 0) {
        ADD_FAILURE() << "the loop has something to do but its fd does not say so";
        return wakeups;
      }
      ++wakeups;
      loop_->run_once();
    }
    return wakeups;
  }
  /// Whether the foreign loop would sleep now.
  bool quiet() {
    pollfd p{loop_->fd(), POLLIN, 0};
    return ::poll(&p, 1, 0) == 0;
  }
  /// Lets it do all that it can do without waiting.
  void settle() {
    for (int i = 0; !quiet(); ++i) {
      ASSERT_LT(i, 1'000) << "the fd never becomes quiet: a busy spin";
      loop_->run_once();
    }
  }
  std::unique_ptr<rondo::loop> loop_;
};

INSTANTIATE_TEST_SUITE_P(on, guest, testing::Values(backend_kind::uring, backend_kind::epoll),
                         [](const auto& i) { return rondo::to_string(i.param); });

TEST_P(guest, an_idle_loop_is_quiet) {
  settle();
  EXPECT_TRUE(quiet());
}

TEST_P(guest, runs_a_task_with_timers) {
  auto main = []() -> rondo::task<int> {
    for (int i = 0; i < 5; ++i) co_await rondo::sleep(2ms);
    co_return 5;
  };
  auto start = std::chrono::steady_clock::now();
  auto t = loop_->create_task(main());
  int wakeups = run_foreign([&] { return t.done(); });
  EXPECT_EQ(t.result(), 5);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 10ms);
  EXPECT_LE(wakeups, 30) << "five timers need few wakeups";
}

TEST_P(guest, sleeps_while_it_waits) {
  auto t = loop_->create_task(rondo::sleep(1h));
  settle();
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(t.done());
}

TEST_P(guest, runs_ready_work_turn_by_turn) {
  auto main = []() -> rondo::task<int> {
    for (int i = 0; i < 100; ++i) co_await rondo::sleep(0s);
    co_return 1;
  };
  auto t = loop_->create_task(main());
  int wakeups = run_foreign([&] { return t.done(); });
  EXPECT_GE(wakeups, 100) << "run_once is one turn";
  EXPECT_LE(wakeups, 110);
}

TEST_P(guest, sees_io) {
  test::socket_pair s;
  char c = 0;
  auto t = loop_->create_task(test::recv(s.a.get(), &c, 1));
  settle();
  EXPECT_TRUE(quiet());
  EXPECT_EQ(::send(s.b.get(), "x", 1, 0), 1);
  int wakeups = run_foreign([&] { return t.done(); });
  EXPECT_EQ(t.result(), 1);
  EXPECT_EQ(c, 'x');
  EXPECT_LE(wakeups, 5);
  settle();
}

TEST_P(guest, sees_posts_of_other_threads) {
  settle();
  bool called = false;
  std::thread other(
      [&, ref = loop_->ref()] { EXPECT_TRUE(ref.call_soon_threadsafe([&] { called = true; })); });
  int wakeups = run_foreign([&] { return called; });
  other.join();
  EXPECT_LE(wakeups, 5);
  settle();
  EXPECT_TRUE(quiet());
}

TEST_P(guest, sees_results_of_threads) {
  auto main = []() -> rondo::task<int> { co_return co_await rondo::to_thread([] { return 6; }); };
  auto t = loop_->create_task(main());
  run_foreign([&] { return t.done(); });
  EXPECT_EQ(t.result(), 6);
}

TEST_P(guest, notices_what_the_foreign_loop_asks_for_between_turns) {
  settle();  // the fd is known to the foreign loop and quiet
  int called = 0;
  loop_->call_soon([&] { ++called; });
  EXPECT_FALSE(quiet()) << "call_soon";
  settle();
  EXPECT_EQ(called, 1);
  loop_->call_later(1ms, [&] { ++called; });
  run_foreign([&] { return called == 2; });
  auto t = loop_->create_task(rondo::sleep(0s));
  EXPECT_FALSE(quiet()) << "create_task";
  run_foreign([&] { return t.done(); });
  auto scheduled = loop_->call_later(1ms, [&] { ++called; });
  scheduled.cancel();
  settle();
  EXPECT_EQ(called, 2);
}

TEST_P(guest, an_event_set_by_the_foreign_loop_is_noticed) {
  rondo::event e;
  auto main = [&]() -> rondo::task<> { co_await e.wait(); };
  auto t = loop_->create_task(main());
  settle();
  e.set();            // a button was pressed
  loop_->run_once();  // whoever wakes tasks from outside says so; see run_once
  EXPECT_TRUE(t.done());
}

TEST_P(guest, its_end_cancels_what_is_left) {
  test::journal j;
  auto main = [&]() -> rondo::task<> {
    test::witness w(j, "main");
    co_await rondo::sleep(1h);
  };
  auto t = loop_->create_task(main());
  settle();
  loop_.reset();
  EXPECT_EQ(j.lines, std::vector<std::string>{"~main"});
  EXPECT_TRUE(t.cancelled());
}

TEST(guest_sim, has_no_fd) {
  rondo::loop l({.backend = backend_kind::sim});
  EXPECT_EQ(l.fd(), -1);
  bool called = false;
  l.call_soon([&] { called = true; });
  l.run_once();
  EXPECT_TRUE(called);
}

TEST(loop_object, a_second_one_on_the_thread_is_a_usage_error) {
  rondo::loop l;
  EXPECT_THROW(rondo::loop second, rondo::usage_error);
  EXPECT_THROW(test::run([]() -> rondo::task<> { co_return; }), rondo::usage_error);
  EXPECT_EQ(&rondo::loop::current(), &l);
}

}  // namespace
