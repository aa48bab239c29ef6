// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <pthread.h>

#include <gtest/gtest.h>

#include <rondo/io.hpp>

#include "support/async.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;

namespace {

// To the process, as other programs send them.
void send(int number) { ::kill(::getpid(), number); }

bool blocked(int number) {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, number) == 1;
}

std::size_t open_fds() {
  std::size_t n = 0;
  DIR* d = opendir("/proc/self/fd");
  while (readdir(d)) ++n;
  closedir(d);
  return n;
}

TEST(signals, come_out_of_the_stream_as_they_come) {
  test::run([]() -> rondo::task<> {
    rondo::signal_stream s({SIGUSR1, SIGUSR2});
    send(SIGUSR1);
    EXPECT_EQ(co_await s.next(), SIGUSR1);
    auto waits = rondo::create_task(s.next());
    co_await test::turns(3);
    EXPECT_FALSE(waits.done());
    send(SIGUSR2);
    EXPECT_EQ(co_await waits, SIGUSR2);
    send(SIGUSR2);
    send(SIGUSR1);
    int sum = co_await s.next();
    sum += co_await s.next();
    EXPECT_EQ(sum, SIGUSR1 + SIGUSR2);
  });
}

TEST(signals, mask_disposition_and_fds_are_restored) {
  std::signal(SIGUSR2, SIG_IGN);
  test::run([]() -> rondo::task<> {
    std::size_t before = open_fds();
    for (int i = 0; i < 3; ++i) {
      rondo::signal_stream s({SIGUSR1, SIGUSR2});
      EXPECT_TRUE(blocked(SIGUSR1) && blocked(SIGUSR2));
      send(SIGUSR2);  // ignored otherwise
      EXPECT_EQ(co_await s.next(), SIGUSR2);
    }
    EXPECT_FALSE(blocked(SIGUSR1) || blocked(SIGUSR2));
    EXPECT_EQ(open_fds(), before);
  });
  EXPECT_TRUE(std::signal(SIGUSR2, SIG_DFL) == SIG_IGN);
}

TEST(signals, blocked_before_stays_blocked) {
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
  {
    rondo::signal_stream s({SIGUSR1});
  }
  EXPECT_TRUE(blocked(SIGUSR1));
  pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
}

TEST(signals, a_cancelled_next_takes_none) {
  test::run([]() -> rondo::task<> {
    rondo::signal_stream s({SIGUSR1});
    auto waits = rondo::create_task(s.next());
    co_await test::turns(3);
    waits.cancel();
    co_await test::ended(waits);
    EXPECT_TRUE(waits.cancelled());
    send(SIGUSR1);
    EXPECT_EQ(co_await s.next(), SIGUSR1);

    auto cancelled = [&]() -> rondo::task<> {  // begun by a cancelled task
      rondo::current_task().cancel();
      co_await s.next();
    };
    send(SIGUSR1);
    co_await test::ended(rondo::create_task(cancelled()));
    EXPECT_EQ(co_await s.next(), SIGUSR1);
  });
}

TEST(signals, none_is_lost_to_cancels_that_race_them) {
  test::run([]() -> rondo::task<> {
    rondo::signal_stream s({SIGUSR1});
    int delivered = 0, found_later = 0;
    for (int i = 0; i < 1'000; ++i) {
      bool got = false;
      auto body = [&]() -> rondo::task<> {
        co_await s.next();
        got = true;
      };
      auto t = rondo::create_task(body());
      for (int n = i % 3; n > 0; --n) co_await rondo::sleep(0s);
      std::optional<std::thread> other;
      if (i % 2) {
        other.emplace([] { send(SIGUSR1); });
      } else {
        send(SIGUSR1);
      }
      if (i % 5 == 0) co_await rondo::sleep(0s);
      t.cancel();
      co_await test::ended(t);
      if (other) other->join();
      if (!got) {
        int later = co_await rondo::wait_for(s.next(), 20s);
        EXPECT_EQ(later, SIGUSR1);
      }
      ++(got ? delivered : found_later);
    }
    EXPECT_EQ(delivered + found_later, 1'000);
  });
}

TEST(signals, two_tasks_share_a_stream) {
  test::run([]() -> rondo::task<> {
    rondo::signal_stream s({SIGUSR1, SIGUSR2});
    auto a = rondo::create_task(s.next()), b = rondo::create_task(s.next());
    co_await test::turns(3);
    send(SIGUSR1);
    while (!a.done() && !b.done()) co_await rondo::sleep(0s);
    co_await test::turns(10);
    EXPECT_NE(a.done(), b.done());
    send(SIGUSR2);
    int sum = co_await a;
    sum += co_await b;
    EXPECT_EQ(sum, SIGUSR1 + SIGUSR2);
  });
}

TEST(signals, misuse_is_refused) {
  EXPECT_THROW(rondo::signal_stream s({SIGKILL}), rondo::usage_error);
  EXPECT_THROW(rondo::signal_stream s({SIGSEGV}), rondo::usage_error);
  EXPECT_THROW(rondo::signal_stream s({0}), rondo::usage_error);
  EXPECT_THROW(rondo::signal_stream s({10'000}), rondo::usage_error);
  rondo::signal_stream s({SIGUSR1, SIGUSR1});
  try {
    rondo::signal_stream t({SIGUSR2, SIGUSR1});
    ADD_FAILURE() << "two streams for one signal";
  } catch (const rondo::usage_error& e) {
    EXPECT_STREQ(e.what(), "signal_stream: SIGUSR1 has a signal_stream or a handler already");
  }
  EXPECT_FALSE(blocked(SIGUSR2));
  rondo::signal_stream u({SIGUSR2});  // the failed one has kept nothing
}

TEST(signal_handler, is_called_on_the_loop_until_it_is_removed) {
  test::run([]() -> rondo::task<> {
    auto here = std::this_thread::get_id();
    rondo::event called;
    int calls = 0;
    rondo::add_signal_handler(SIGUSR1, [&] {
      EXPECT_EQ(std::this_thread::get_id(), here);
      ++calls;
      called.set();
    });
    for (int i = 1; i <= 3; ++i) {
      called.clear();
      send(SIGUSR1);
      co_await called.wait();
      EXPECT_EQ(calls, i);
    }
    EXPECT_TRUE(rondo::remove_signal_handler(SIGUSR1));
    EXPECT_FALSE(rondo::remove_signal_handler(SIGUSR1));
    EXPECT_FALSE(blocked(SIGUSR1));
  });
}

TEST(signal_handler, can_be_replaced_and_remove_itself) {
  test::run([]() -> rondo::task<> {
    rondo::event called;
    test::journal j;
    rondo::add_signal_handler(SIGUSR1, [&] { j.say("never"); });
    rondo::add_signal_handler(SIGUSR1, [&] {
      j.say("first");
      rondo::add_signal_handler(SIGUSR1, [&] {
        j.say("second");
        EXPECT_TRUE(rondo::remove_signal_handler(SIGUSR1));
        rondo::add_signal_handler(SIGUSR1, [] {});  // the signal is free at once
        EXPECT_TRUE(rondo::remove_signal_handler(SIGUSR1));
        called.set();
      });
      called.set();
    });
    send(SIGUSR1);
    co_await called.wait();
    called.clear();
    send(SIGUSR1);
    co_await called.wait();
    co_await test::turns(3);
    EXPECT_EQ(j.lines, (test::lines{"first", "second"}));
    EXPECT_FALSE(blocked(SIGUSR1));
  });
}

TEST(signal_handler, its_exception_is_reported_and_it_goes_on) {
  test::diagnostics d;
  test::run([&]() -> rondo::task<> {
    d.listen();
    rondo::event called;
    rondo::add_signal_handler(SIGUSR1, [&] {
      called.set();
      throw std::runtime_error("in the handler");
    });
    for (int i = 0; i < 2; ++i) {
      called.clear();
      send(SIGUSR1);
      co_await called.wait();
    }
  });
  EXPECT_EQ(d.messages.size(), 2u);
  EXPECT_TRUE(d.mentions("the handler of SIGUSR1 threw: std::runtime_error: in the handler"));
}

TEST(signal_handler, goes_with_its_loop) {
  test::run([]() -> rondo::task<> {
    rondo::add_signal_handler(SIGUSR1, [] {});
    co_return;
  });
  EXPECT_FALSE(blocked(SIGUSR1));
  rondo::signal_stream free_again({SIGUSR1});
}

TEST(signal_handler, runs_in_the_context_of_its_maker) {
  test::run([]() -> rondo::task<> {
    static rondo::context_var<int> var("var", 0);
    var.set(1);
    rondo::event called;
    int seen = 0;
    rondo::add_signal_handler(SIGUSR1, [&] {
      seen = var.get();
      called.set();
    });
    var.set(2);
    send(SIGUSR1);
    co_await called.wait();
    EXPECT_EQ(seen, 1);
  });
}

std::string backend() {
  const char* b = std::getenv("RONDO_BACKEND");
  return std::string("RONDO_BACKEND=") + (b ? b : "");
}

RONDO_CHILD(signals_take_over_ctrl_c) {
  rondo::run([]() -> rondo::task<> {
    {
      rondo::thread_pool pool({.threads = 2});  // threads beside it take no signal
      co_await pool.run([] {});
      co_await rondo::to_thread([] {});
      rondo::signal_stream s({SIGINT, SIGTERM});
      test::say("ready\n");
      for (int i = 0; i < 3; ++i) {
        int n = co_await s.next();
        test::say("got " + std::to_string(n) + "\n");
      }
    }
    struct loud {
      ~loud() { test::say("~main\n"); }
    } l;
    test::say("given back\n");
    co_await rondo::sleep(1h);
  });
  return 0;
}

TEST(signals, take_over_ctrl_c_from_run_and_give_it_back) {
  test::child c("signals_take_over_ctrl_c", {backend(), "RONDO_DEBUG=1"});
  ASSERT_TRUE(c.wait_for("ready\n")) << c.output();
  c.signal(SIGINT);
  ASSERT_TRUE(c.wait_for("got 2\n")) << c.output();
  c.signal(SIGTERM);
  ASSERT_TRUE(c.wait_for("got 15\n")) << c.output();
  c.signal(SIGINT);
  ASSERT_TRUE(c.wait_for("given back\n")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT));
  EXPECT_EQ(c.output(), "ready\ngot 2\ngot 15\ngot 2\ngiven back\n~main\n");
}

RONDO_CHILD(signals_untaken) {
  {
    rondo::signal_stream s({SIGUSR1});
    send(SIGUSR1);
    test::say("sent\n");
  }
  test::say("never\n");
  return 0;
}

TEST(signals, what_nobody_took_does_what_it_did_before) {
  test::child c("signals_untaken");
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGUSR1));
  EXPECT_EQ(c.output(), "sent\n");
}

}  // namespace
