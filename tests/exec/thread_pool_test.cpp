// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include <pthread.h>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/gate.hpp"

using namespace std::chrono_literals;

namespace {

template <class Done>
rondo::task<> until(Done done) {
  while (!done()) co_await rondo::sleep(0s);
}

std::string thread_name() {
  char name[16];
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

TEST(thread_pool, gives_values_and_exceptions) {
  test::run([]() -> rondo::task<> {
    rondo::thread_pool pool({.threads = 2});
    EXPECT_EQ(co_await pool.run([](int a, int b) { return a * b; }, 6, 7), 42);
    co_await pool.run([] {});
    std::string what;
    try {
      co_await pool.run([] { throw std::runtime_error("on the thread"); });
    } catch (const std::runtime_error& e) {
      what = e.what();
    }
    EXPECT_EQ(what, "on the thread");
    auto add = [](std::unique_ptr<int> a, int b) { return std::make_unique<int>(*a + b); };
    auto three = std::make_unique<int>(3);
    auto sum = co_await pool.run(add, std::move(three), 4);
    EXPECT_EQ(*sum, 7);
  });
}

TEST(thread_pool, zero_threads_are_as_many_as_cores) {
  rondo::thread_pool pool;
  EXPECT_EQ(pool.threads(), rondo::detail::worker_threads::usable_cores());
  EXPECT_GE(pool.threads(), 1u);
}

TEST(thread_pool, names_its_threads_and_keeps_to_their_number) {
  test::run([]() -> rondo::task<> {
    rondo::thread_pool pool({.threads = 2, .name = "a name that is long"});
    std::mutex mutex;
    std::condition_variable changed;
    std::set<std::string> names;
    int arrived = 0;
    auto look = [&] {  // the first two meet, so they are on two threads
      std::unique_lock lock(mutex);
      names.insert(thread_name());
      ++arrived;
      changed.notify_all();
      changed.wait(lock, [&] { return arrived >= 2; });
    };
    std::vector<rondo::task_handle<>> calls;
    for (int i = 0; i < 300; ++i) calls.push_back(rondo::create_task(pool.run(look)));
    for (auto& c : calls) co_await c;
    EXPECT_EQ(names, (std::set<std::string>{"a name that i-0", "a name that i-1"}));
  });
}

bool blocks_the_usual_signals() {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE})
    if (!sigismember(&mask, s)) return false;
  return !sigismember(&mask, SIGSEGV);
}

TEST(thread_pool, its_threads_and_those_of_to_thread_block_signals) {
  test::run([]() -> rondo::task<> {
    rondo::thread_pool pool;
    EXPECT_TRUE(co_await pool.run(blocks_the_usual_signals));
    EXPECT_TRUE(co_await rondo::to_thread(blocks_the_usual_signals));
  });
  EXPECT_FALSE(blocks_the_usual_signals()) << "and this one does not";
}

/// A pool of one thread, which waits at a gate.
struct busy_pool {
  test::gate open;
  rondo::thread_pool pool;
  rondo::task_handle<> busy;
  explicit busy_pool(std::size_t queue) : pool({.threads = 1, .queue = queue, .name = "busy"}) {}
  rondo::task<> fill() {
    busy = rondo::create_task(pool.run([this] { open.wait(); }));
    co_await until([this] { return pool.running() == 1; });
  }
};

TEST(thread_pool, a_full_queue_makes_wait_in_order) {
  test::run([]() -> rondo::task<> {
    busy_pool b(2);
    co_await b.fill();
    test::journal j;
    std::vector<rondo::task_handle<>> calls;
    for (int i = 0; i < 5; ++i)
      calls.push_back(rondo::create_task(b.pool.run([&j, i] { j.say(std::to_string(i)); })));
    co_await rondo::sleep(0s);
    EXPECT_EQ(b.pool.queued(), 2u);
    EXPECT_EQ(b.pool.waiting(), 3u);
    EXPECT_EQ(b.pool.running(), 1u);
    calls[1].cancel();  // queued: makes room for 2
    calls[3].cancel();  // waits for room
    co_await rondo::sleep(0s);
    EXPECT_TRUE(calls[1].cancelled());
    EXPECT_TRUE(calls[3].cancelled());
    EXPECT_EQ(b.pool.queued(), 2u);
    EXPECT_EQ(b.pool.waiting(), 1u);
    b.open.open();
    for (int i : {0, 2, 4}) co_await calls[static_cast<std::size_t>(i)];
    EXPECT_EQ(j.lines, (std::vector<std::string>{"0", "2", "4"}));
    EXPECT_EQ(b.pool.queued() + b.pool.waiting(), 0u);
  });
}

TEST(thread_pool, submit_waits_for_room_only) {
  test::run([]() -> rondo::task<> {
    busy_pool b(1);
    co_await b.fill();
    auto first = co_await b.pool.submit([](int n) { return n; }, 1);
    EXPECT_FALSE(first.done());
    std::optional<rondo::future<int>> second;
    auto body = [&]() -> rondo::task<> { second = co_await b.pool.submit([] { return 2; }); };
    auto waits = rondo::create_task(body());
    for (int i = 0; i < 5; ++i) co_await rondo::sleep(0s);
    EXPECT_FALSE(waits.done());
    EXPECT_EQ(b.pool.waiting(), 1u);
    b.open.open();
    co_await waits;
    EXPECT_EQ(co_await first, 1);
    EXPECT_EQ(co_await *second, 2);
    auto fails = co_await b.pool.submit([] { throw std::runtime_error("later"); });
    auto ended = co_await rondo::outcome_of(fails);
    EXPECT_TRUE(ended.has_error());
  });
}

TEST(thread_pool, a_submit_cancelled_while_it_waits_never_runs) {
  test::run([]() -> rondo::task<> {
    busy_pool b(1);
    co_await b.fill();
    auto queued = co_await b.pool.submit([] {});
    std::atomic<bool> ran{false};
    auto owned = std::make_shared<int>(1);
    auto call = [&ran, owned] { ran = true; };
    auto t = rondo::create_task(b.pool.submit(call));
    co_await rondo::sleep(0s);
    EXPECT_EQ(b.pool.waiting(), 1u);
    t.cancel();
    co_await test::ended(t);
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(b.pool.waiting(), 0u);
    b.open.open();
    co_await queued;
    co_await b.pool.run([] {});
    EXPECT_FALSE(ran);
    t = {};
    EXPECT_EQ(owned.use_count(), 2) << "only `call` has a copy left";
  });
}

TEST(thread_pool, a_submitted_call_runs_without_its_future) {
  std::atomic<int> ran{0};
  {
    rondo::thread_pool pool({.threads = 1});
    test::run([&]() -> rondo::task<> {
      for (int i = 0; i < 10; ++i) static_cast<void>(co_await pool.submit([&] { ++ran; }));
      co_await pool.run([] {});
    });
  }
  EXPECT_EQ(ran, 10);
}

TEST(thread_pool, a_stop_token_tells_of_the_cancellation) {
  test::run([]() -> rondo::task<> {
    rondo::thread_pool pool({.threads = 1});
    test::gate started;
    std::atomic<bool> stopped{false};
    auto call = [&](std::stop_token stop) {
      started.open();
      test::gate told;
      std::stop_callback on_stop(stop, [&] { told.open(); });
      told.wait();
      stopped = true;
    };
    auto t = rondo::create_task(pool.run(call));
    co_await rondo::sleep(0s);
    started.wait();
    t.cancel();
    co_await test::ended(t);
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(t.cancelled());
  });
}

TEST(thread_pool, its_end_refuses_what_is_queued_and_waits_for_what_runs) {
  test::run([]() -> rondo::task<> {
    std::optional<busy_pool> b;
    b.emplace(1);
    co_await b->fill();
    std::atomic<int> ran{0};
    auto call = [&] { ++ran; };
    auto queued = rondo::create_task(b->pool.run(call));
    auto waiting = rondo::create_task(b->pool.run(call));
    auto submitting = rondo::create_task(b->pool.submit(call));
    co_await rondo::sleep(0s);
    EXPECT_EQ(b->pool.waiting(), 2u);
    auto busy = b->busy;
    b->open.open();
    // The gate is open, but the thread may take what is queued meanwhile: what ran
    // and what was refused must be all.
    b.reset();
    co_await busy;
    int refused = 0;
    for (auto& h : {queued, waiting}) {
      auto end = co_await rondo::outcome_of(h);
      if (!end.has_error()) continue;
      ++refused;
      EXPECT_NE(rondo::describe(end.exception()).find("thread_pool busy: it was destroyed"),
                std::string::npos);
    }
    auto future = co_await submitting;
    auto end = co_await rondo::outcome_of(future);
    if (end.has_error()) ++refused;
    EXPECT_EQ(ran + refused, 3);
  });
}

TEST(thread_pool, tasks_of_several_loops_use_one_pool) {
  rondo::thread_pool pool({.threads = 2, .queue = 3});
  std::atomic<int> sum{0};
  std::vector<std::thread> loops;
  for (int l = 0; l < 3; ++l)
    loops.emplace_back([&] {
      test::run([&]() -> rondo::task<> {
        std::vector<rondo::task_handle<int>> calls;
        for (int i = 1; i <= 100; ++i)
          calls.push_back(rondo::create_task(pool.run([](int n) { return n; }, i)));
        for (auto& c : calls) sum += co_await c;
      });
    });
  for (auto& l : loops) l.join();
  EXPECT_EQ(sum, 3 * 5050);
}

TEST(thread_pool, cancels_that_race_the_threads_are_sound) {
  test::run([]() -> rondo::task<> {
    rondo::thread_pool pool({.threads = 2, .queue = 1});
    std::atomic<int> ran{0}, submitted_ran{0};
    int completed = 0, submitted = 0, dropped = 0;
    for (int i = 0; i < 1'000; ++i) {
      auto body = [&]() -> rondo::task<> {
        co_await pool.run([&] { ++ran; });
        ++completed;
      };
      auto submit = [&]() -> rondo::task<> {
        auto f = co_await pool.submit([&] { ++submitted_ran; });
        ++submitted;
      };
      std::vector<rondo::task_handle<>> all;
      for (int n = 0; n < 3; ++n) {
        all.push_back(rondo::create_task(body()));
        all.push_back(rondo::create_task(submit()));
      }
      for (int n = i % 3; n > 0; --n) co_await rondo::sleep(0s);
      for (auto& t : all) t.cancel();
      for (auto& t : all) {
        co_await test::ended(t);
        dropped += t.cancelled();
      }
    }
    co_await until([&] { return pool.queued() + pool.running() == 0; });
    EXPECT_EQ(ran, completed);
    EXPECT_EQ(submitted_ran, submitted);
    EXPECT_EQ(completed + submitted + dropped, 6'000);
  });
}

TEST(thread_pool, the_exception_of_a_dropped_future_is_reported_by_the_loop) {
  test::diagnostics seen;
  std::thread::id loops_thread;
  std::thread::id reported_on;
  test::run([&]() -> rondo::task<> {
    loops_thread = std::this_thread::get_id();
    rondo::loop::current().set_exception_handler([&](const rondo::diagnostic& d) {
      seen.messages.push_back(d.message);
      reported_on = std::this_thread::get_id();
    });
    rondo::thread_pool pool({.threads = 1});
    test::gate dropped;
    auto fails = [&] {
      dropped.wait();
      throw std::runtime_error("boom");
    };
    auto future = co_await pool.submit(fails);
    future = {};
    dropped.open();
    while (seen.messages.empty()) co_await rondo::sleep(1us);
    EXPECT_TRUE(
        seen.mentions("a call submitted to a thread_pool failed and nobody asked for its result: "
                      "std::runtime_error: boom"));
    // Dropped by the loop when it has failed.
    future = co_await pool.submit(fails);
    while (!future.done()) co_await rondo::sleep(1us);
    future = {};
    while (seen.messages.size() < 2) co_await rondo::sleep(1us);
    // Asked for.
    future = co_await pool.submit(fails);
    try {
      co_await future;
      ADD_FAILURE();
    } catch (const std::runtime_error&) {
    }
    future = {};
    co_await pool.run([] {});
  });
  EXPECT_EQ(seen.messages.size(), 2u);
  EXPECT_EQ(reported_on, loops_thread);
}

TEST(thread_pool, a_drop_raced_with_the_failure_is_reported_once) {
  std::size_t reports = 0;
  constexpr std::size_t rounds = 2'000;
  test::run([&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler([&](const rondo::diagnostic&) { ++reports; });
    rondo::thread_pool pool({.threads = 2});
    auto fails = [] { throw std::runtime_error("lost"); };
    for (std::size_t i = 0; i < rounds; ++i) {
      auto future = co_await pool.submit(fails);
      for (std::size_t spin = i % 64; spin > 0; --spin) static_cast<void>(future.done());
    }
    while (reports < rounds) co_await rondo::sleep(10us);
  });
  EXPECT_EQ(reports, rounds);
}

}  // namespace
