// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/gate.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

using test::gate;

/// Lets the loop run until done() is true.
template <class Done>
rondo::task<> until(Done done) {
  while (!done()) co_await rondo::sleep(0s);
}

TEST(to_thread, gives_the_value_from_another_thread) {
  test::run([]() -> rondo::task<> {
    auto here = std::this_thread::get_id();
    auto there = co_await rondo::to_thread([] { return std::this_thread::get_id(); });
    EXPECT_NE(here, there);
    EXPECT_EQ(std::this_thread::get_id(), here);
    co_await rondo::to_thread([] {});
    EXPECT_EQ(co_await rondo::to_thread([](int a, int b) { return a * b; }, 6, 7), 42);
  });
}

int free_function(const std::string& s) { return static_cast<int>(s.size()); }

TEST(to_thread, takes_functions_and_copies_their_arguments) {
  test::run([]() -> rondo::task<> {
    std::string s = "four";
    auto call = rondo::to_thread(free_function, s);
    s = "changed";
    EXPECT_EQ(co_await std::move(call), 4);
  });
}

TEST(to_thread, throws_what_the_function_throws) {
  test::run([]() -> rondo::task<> {
    try {
      co_await rondo::to_thread([] { throw std::runtime_error("on the thread"); });
      ADD_FAILURE() << "no exception came";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "on the thread");
    }
  });
}

TEST(to_thread, moves_what_can_only_be_moved) {
  test::run([]() -> rondo::task<> {
    auto add = [](std::unique_ptr<int> a, std::unique_ptr<int> b) {
      return std::make_unique<int>(*a + *b);
    };
    auto three = std::make_unique<int>(3);
    auto sum = co_await rondo::to_thread(add, std::move(three), std::make_unique<int>(4));
    EXPECT_EQ(*sum, 7);
    auto owner = [p = std::make_unique<int>(5)] { return *p; };
    EXPECT_EQ(co_await rondo::to_thread(std::ref(owner)), 5);  // on every compiler
#if defined(__clang__) || __GNUC__ > 12  // refused there: see docs/compilers.md
    EXPECT_EQ(co_await rondo::to_thread(std::move(owner)), 5);
#endif
  });
}

TEST(to_thread, many_at_once_use_several_threads_and_all_end) {
  test::run([]() -> rondo::task<> {
    constexpr int count = 500;
    std::mutex mutex;
    std::set<std::thread::id> threads;
    std::vector<rondo::task_handle<int>> handles;
    for (int i = 0; i < count; ++i) {
      auto call = [&, i] {
        std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
        return i;
      };
      handles.push_back(rondo::create_task(rondo::to_thread(call)));
    }
    int sum = 0;
    for (auto& h : handles) sum += co_await h;
    EXPECT_EQ(sum, count * (count - 1) / 2);
    EXPECT_LE(threads.size(), std::min(32u, std::thread::hardware_concurrency() + 4));
  });
}

TEST(to_thread, calls_run_at_the_same_time) {
  test::run([]() -> rondo::task<> {
    std::mutex mutex;
    std::condition_variable changed;
    int arrived = 0;
    auto meet = [&] {  // returns only when the other is here too
      std::unique_lock lock(mutex);
      ++arrived;
      changed.notify_all();
      return changed.wait_for(lock, 20s, [&] { return arrived == 2; });
    };
    auto [a, b] = co_await rondo::gather(rondo::to_thread(meet), rondo::to_thread(meet));
    EXPECT_TRUE(a && b);
  });
}

/// Occupies every thread of the pool until its gate opens.
struct full_pool {
  gate open;
  std::atomic<unsigned> running{0};
  std::vector<rondo::task_handle<>> calls;
  rondo::task<> fill() {
    unsigned limit = std::min(32u, std::thread::hardware_concurrency() + 4);
    for (unsigned i = 0; i < limit; ++i) {
      auto blocks = [this] {
        ++running;
        open.wait();
      };
      calls.push_back(rondo::create_task(rondo::to_thread(blocks)));
    }
    co_await until([this, limit] { return running == limit; });
  }
  rondo::task<> drain() {
    open.open();
    for (auto& c : calls) co_await c;
  }
};

TEST(to_thread, cancelled_before_a_thread_takes_it_never_runs) {
  test::run([]() -> rondo::task<> {
    full_pool pool;
    co_await pool.fill();
    std::atomic<bool> ran{false};
    auto owned = std::make_shared<int>(1);
    auto call = [&ran, owned] { ran = true; };
    auto t = rondo::create_task(rondo::to_thread(call));
    co_await rondo::sleep(0s);
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_TRUE(t.done()) << "it waited for a thread";
    EXPECT_TRUE(t.cancelled());
    co_await pool.drain();
    EXPECT_FALSE(ran);
  });
}

TEST(to_thread, cancelled_while_it_runs_is_waited_for_and_its_value_delivered) {
  test::run([]() -> rondo::task<> {
    test::journal j;
    gate started, go_on;
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      int local = 5;  // the thread uses it: it must live until the thread is done
      auto call = [&] {
        started.open();
        go_on.wait();
        return local + 1;
      };
      int n = co_await rondo::to_thread(call);
      j.say("got " + std::to_string(n));
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto t = rondo::create_task(body());
    co_await rondo::sleep(0s);
    started.wait();
    t.cancel();
    for (int i = 0; i < 5; ++i) co_await rondo::sleep(0s);
    EXPECT_FALSE(t.done());
    EXPECT_TRUE(j.lines.empty());
    go_on.open();
    co_await until([&] { return t.done(); });
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(j.lines, (std::vector<std::string>{"got 6", "~body"}));
  });
}

TEST(to_thread, a_function_that_takes_a_stop_token_is_told) {
  test::run([]() -> rondo::task<> {
    test::journal j;
    gate started;
    std::atomic<bool> stopped{false};
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      auto call = [&](std::stop_token stop, int n) {
        started.open();
        gate told;
        std::stop_callback on_stop(stop, [&] { told.open(); });
        told.wait();
        stopped = stop.stop_requested();
        return n;
      };
      co_await rondo::to_thread(call, 5);
      j.say("never");
    };
    auto t = rondo::create_task(body());
    co_await rondo::sleep(0s);
    started.wait();
    t.cancel();
    co_await until([&] { return t.done(); });
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(j.lines, (std::vector<std::string>{"~body"}));
  });
}

TEST(to_thread, a_stop_token_that_nobody_uses_is_quiet) {
  test::run([]() -> rondo::task<> {
    int n = co_await rondo::to_thread(
        [](std::stop_token stop, int x) { return stop.stop_requested() ? -1 : x; }, 3);
    EXPECT_EQ(n, 3);
  });
}

TEST(to_thread, left_running_at_the_end_of_main_is_waited_for) {
  std::atomic<bool> finished{false};
  gate go_on;
  test::run([&]() -> rondo::task<> {
    gate started;
    auto call = [&] {
      started.open();
      go_on.wait();
      finished = true;
    };
    // `call` dies with main: the run must not end before the thread has.
    auto keeper = [](auto f) -> rondo::task<> { co_await rondo::to_thread(std::move(f)); };
    rondo::create_task(keeper(call));
    co_await rondo::sleep(0s);
    co_await rondo::sleep(0s);
    started.wait();
    go_on.open();
  });
  EXPECT_TRUE(finished);
}

TEST(to_thread, cancels_that_race_the_thread_are_sound) {
  test::run([]() -> rondo::task<> {
    std::atomic<int> ran{0};
    int completed = 0, dropped = 0;
    for (int i = 0; i < 2'000; ++i) {
      bool delivered = false;
      auto body = [&]() -> rondo::task<> {
        co_await rondo::to_thread([&] { ++ran; });
        delivered = true;
      };
      auto t = rondo::create_task(body());
      co_await rondo::sleep(0s);
      if (i % 2) co_await rondo::sleep(0s);
      t.cancel();
      co_await until([&] { return t.done(); });
      ++(delivered ? completed : dropped);
    }
    EXPECT_EQ(ran.load(), completed) << "a call ran and was not delivered, or the reverse";
    EXPECT_EQ(completed + dropped, 2'000);
  });
}

TEST(to_thread, in_virtual_time_the_clock_waits_for_the_thread) {
  test::run_virtual([]() -> rondo::task<> {
    auto t = rondo::create_task(rondo::sleep(1h));
    gate open;
    std::thread opener([&] { open.open(); });
    co_await rondo::to_thread([&] { open.wait(); });
    opener.join();
    EXPECT_FALSE(t.done()) << "an hour passed while a thread worked for a moment";
    t.cancel();
  });
}

TEST(to_thread_abandoning, gives_values_and_exceptions_like_the_other) {
  test::run([]() -> rondo::task<> {
    auto here = std::this_thread::get_id();
    EXPECT_NE(co_await rondo::to_thread(rondo::abandon_on_cancel,
                                        [] { return std::this_thread::get_id(); }),
              here);
    co_await rondo::to_thread(rondo::abandon_on_cancel, [] {});
    std::string four = "four";
    EXPECT_EQ(co_await rondo::to_thread(rondo::abandon_on_cancel, free_function, four), 4);
    auto seven = std::make_unique<int>(7);
    auto same = [](std::unique_ptr<int> p) { return p; };
    auto back = co_await rondo::to_thread(rondo::abandon_on_cancel, same, std::move(seven));
    EXPECT_EQ(*back, 7);
    auto limited =
        co_await rondo::wait_for(rondo::to_thread(rondo::abandon_on_cancel, [] { return 1; }), 60s);
    EXPECT_EQ(limited, 1);
    std::string text;
    try {
      co_await rondo::to_thread(rondo::abandon_on_cancel,
                                [] { throw std::runtime_error("on the thread"); });
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "on the thread");
  });
}

/// What an abandoned call uses: nobody's frame.
struct abandoned_world {
  gate started, go_on, ended;
  std::atomic<int> results{0};
};
/// A result that is counted while it lives.
struct counted_result {
  std::shared_ptr<abandoned_world> world;
  explicit counted_result(std::shared_ptr<abandoned_world> w) : world(std::move(w)) {
    ++world->results;
  }
  counted_result(counted_result&& o) noexcept : world(std::move(o.world)) {}
  ~counted_result() {
    if (!world) return;
    if (--world->results == 0) world->ended.open();
  }
};

TEST(to_thread_abandoning, cancelled_unwinds_at_once_and_the_thread_drops_the_result) {
  auto world = std::make_shared<abandoned_world>();
  test::journal j;
  test::run([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      auto call = [](std::shared_ptr<abandoned_world> shared) {
        shared->started.open();
        shared->go_on.wait();
        return counted_result(std::move(shared));
      };
      auto r = co_await rondo::to_thread(rondo::abandon_on_cancel, call, world);
      j.say("never");
    };
    auto t = rondo::create_task(body());
    co_await rondo::sleep(0s);
    world->started.wait();
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_TRUE(t.done()) << "it waited for the thread";
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(j.lines, (std::vector<std::string>{"~body"}));
  });
  // The loop has ended although the call still runs.
  EXPECT_EQ(world->results, 0);
  world->go_on.open();
  world->ended.wait();
  EXPECT_EQ(world->results, 0);
}

TEST(to_thread_abandoning, one_that_runs_at_the_end_of_main_is_not_waited_for) {
  auto world = std::make_shared<abandoned_world>();
  test::run([&]() -> rondo::task<> {
    auto call = [](std::shared_ptr<abandoned_world> shared) {
      shared->started.open();
      shared->go_on.wait();
      shared->ended.open();
    };
    rondo::create_task(rondo::to_thread(rondo::abandon_on_cancel, call, world));
    co_await rondo::sleep(0s);
    co_await rondo::sleep(0s);
    world->started.wait();
  });
  world->go_on.open();
  world->ended.wait();
}

TEST(to_thread_abandoning, cancelled_before_a_thread_takes_it_never_runs) {
  test::run([]() -> rondo::task<> {
    full_pool pool;
    co_await pool.fill();
    auto ran = std::make_shared<std::atomic<bool>>(false);
    auto call = [](std::shared_ptr<std::atomic<bool>> r) { *r = true; };
    auto t = rondo::create_task(rondo::to_thread(rondo::abandon_on_cancel, call, ran));
    co_await rondo::sleep(0s);
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_TRUE(t.cancelled());
    t = {};
    EXPECT_EQ(ran.use_count(), 1) << "the call's arguments are still alive";
    auto begun = rondo::create_task(rondo::to_thread(rondo::abandon_on_cancel, call, ran));
    begun.cancel();  // before it has begun at all
    co_await rondo::sleep(0s);
    EXPECT_TRUE(begun.cancelled());
    co_await pool.drain();
    EXPECT_FALSE(*ran);
  });
}

TEST(to_thread_abandoning, a_function_that_takes_a_stop_token_is_told) {
  struct world_type {
    gate started, told, ended;
    bool stopped = false;
  };
  auto world = std::make_shared<world_type>();
  test::run([&]() -> rondo::task<> {
    auto call = [](std::stop_token stop, std::shared_ptr<world_type> w) {
      std::stop_callback on_stop(stop, [&] { w->told.open(); });
      w->started.open();
      w->told.wait();
      w->stopped = stop.stop_requested();
      w->ended.open();
    };
    auto t = rondo::create_task(rondo::to_thread(rondo::abandon_on_cancel, call, world));
    co_await rondo::sleep(0s);
    world->started.wait();
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_TRUE(t.cancelled());
  });
  world->ended.wait();
  EXPECT_TRUE(world->stopped);
}

// Each call ends in one of three ways, and its result is destroyed once.
TEST(to_thread_abandoning, cancels_that_race_the_thread_are_sound) {
  auto alive = std::make_shared<std::atomic<int>>(0);
  auto made = std::make_shared<std::atomic<int>>(0);
  struct result {
    std::shared_ptr<std::atomic<int>> alive;
    explicit result(std::shared_ptr<std::atomic<int>> a) : alive(std::move(a)) { ++*alive; }
    result(result&& o) noexcept : alive(std::move(o.alive)) {}
    ~result() {
      if (alive) --*alive;
    }
  };
  constexpr int rounds = 3'000;
  int delivered = 0, dropped = 0;
  test::run([&]() -> rondo::task<> {
    auto call = [](std::shared_ptr<std::atomic<int>> a, std::shared_ptr<std::atomic<int>> m) {
      ++*m;
      return result(std::move(a));
    };
    for (int i = 0; i < rounds; ++i) {
      bool got = false;
      auto body = [&]() -> rondo::task<> {
        auto r = co_await rondo::to_thread(rondo::abandon_on_cancel, call, alive, made);
        got = true;
      };
      auto t = rondo::create_task(body());
      for (int turns = i % 4; turns >= 0; --turns) co_await rondo::sleep(0s);
      t.cancel();
      co_await rondo::wait(t);
      ++(got ? delivered : dropped);
    }
    // The abandoned ones end on their threads, soon.
    co_await until([&] { return alive.use_count() == 1 && made.use_count() == 1; });
  });
  EXPECT_EQ(delivered + dropped, rounds);
  EXPECT_LE(delivered, made->load());
  EXPECT_EQ(alive->load(), 0);
}

}  // namespace
