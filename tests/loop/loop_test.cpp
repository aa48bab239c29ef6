// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compose/background.hpp"

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// Collects the diagnostics of a loop.
struct reports {
  std::vector<rondo::diagnostic> all;
  void collect() {
    rondo::loop::current().set_exception_handler(
        [this](const rondo::diagnostic& d) { all.push_back(d); });
  }
};

TEST(call_soon, calls_in_order_in_the_next_turn) {
  test::run([]() -> rondo::task<> {
    test::journal j;
    rondo::call_soon([&] {
      j.say("first");
      rondo::call_soon([&] { j.say("from first"); });
    });
    rondo::call_soon([&] { j.say("second"); });
    EXPECT_TRUE(j.lines.empty()) << "called at once";
    co_await rondo::sleep(0s);
    EXPECT_EQ(j.lines, (lines{"first", "second"}));
    co_await rondo::sleep(0s);
    EXPECT_EQ(j.lines, (lines{"first", "second", "from first"}));
  });
}

TEST(call_soon, takes_move_only_and_large_functions) {
  test::run([]() -> rondo::task<> {
    int sum = 0;
    auto p = std::make_unique<int>(5);
    std::array<int, 100> large{};
    large[99] = 7;
    rondo::call_soon([p = std::move(p), &sum] { sum += *p; });
    rondo::call_soon([large, &sum] { sum += large[99]; });
    co_await rondo::sleep(0s);
    EXPECT_EQ(sum, 12);
  });
}

TEST(call_soon, a_callback_that_throws_is_reported_and_the_loop_goes_on) {
  reports r;
  test::run([&]() -> rondo::task<> {
    r.collect();
    rondo::call_soon([] { throw std::runtime_error("oops"); });
    bool later = false;
    rondo::call_soon([&] { later = true; });
    auto timer = rondo::call_later(0s, [] { throw 7; });
    co_await rondo::sleep(0s);
    co_await rondo::sleep(0s);
    EXPECT_TRUE(later);
  });
  ASSERT_EQ(r.all.size(), 2u);
  EXPECT_EQ(r.all[0].kind, rondo::problem::exception_not_retrieved);
  EXPECT_NE(r.all[0].message.find("std::runtime_error: oops"), std::string::npos)
      << r.all[0].message;
  EXPECT_THROW(std::rethrow_exception(r.all[1].error), int);
}

TEST(call_soon, without_a_loop_says_so) {
  try {
    rondo::call_soon([] {});
    FAIL() << "no exception came";
  } catch (const rondo::usage_error& e) {
    EXPECT_NE(std::string(e.what()).find("no loop runs on this thread"), std::string::npos)
        << e.what();
  }
}

TEST(call_later, calls_at_its_time) {
  test::run_virtual([]() -> rondo::task<> {
    test::journal j;
    rondo::time_point start = rondo::now();
    auto note = [&](const char* what) {
      j.say(what + std::string(" ") +
            std::to_string(
                std::chrono::duration_cast<std::chrono::seconds>(rondo::now() - start).count()));
    };
    auto b = rondo::call_later(20s, [&] { note("b"); });
    auto a = rondo::call_later(10s, [&] { note("a"); });
    auto c = rondo::call_at(start + rondo::delay(30s), [&] { note("c"); });
    co_await rondo::sleep(1min);
    EXPECT_EQ(j.lines, (lines{"a 10", "b 20", "c 30"}));
  });
}

TEST(call_later, dropping_the_result_does_not_cancel) {
  test::run_virtual([]() -> rondo::task<> {
    int called = 0;
    rondo::call_later(1s, [&] { ++called; });
    {
      auto kept = rondo::call_later(1s, [&] { ++called; });
    }
    co_await rondo::sleep(2s);
    EXPECT_EQ(called, 2);
  });
}

TEST(scheduled, cancel_takes_the_call_back_and_frees_the_function) {
  test::run_virtual([]() -> rondo::task<> {
    auto owned = std::make_shared<int>(1);
    bool called = false;
    auto s = rondo::call_later(1s, [&, owned] { called = true; });
    EXPECT_EQ(owned.use_count(), 2);
    s.cancel();
    EXPECT_EQ(owned.use_count(), 1);
    s.cancel();  // again is nothing
    co_await rondo::sleep(2s);
    EXPECT_FALSE(called);
  });
}

TEST(scheduled, cancel_in_the_turn_it_is_due_still_takes_it_back) {
  test::run_virtual([]() -> rondo::task<> {
    // Both are due in the same turn: the first takes the second back.
    rondo::scheduled second;
    bool called = false;
    rondo::call_later(1s, [&] { second.cancel(); });
    second = rondo::call_later(1s, [&] { called = true; });
    co_await rondo::sleep(2s);
    EXPECT_FALSE(called);
  });
}

TEST(scheduled, cancel_after_the_call_is_nothing) {
  test::run_virtual([]() -> rondo::task<> {
    int called = 0;
    auto s = rondo::call_later(1s, [&] { ++called; });
    co_await rondo::sleep(2s);
    s.cancel();
    rondo::scheduled empty;
    empty.cancel();
    EXPECT_EQ(called, 1);
  });
}

TEST(scheduled, may_outlive_its_loop) {
  rondo::scheduled kept;
  auto owned = std::make_shared<int>(1);
  test::run([&]() -> rondo::task<> {
    kept = rondo::call_later(1h, [owned] {});
    co_return;
  });
  EXPECT_EQ(owned.use_count(), 1) << "the loop has gone but the function has not";
  kept.cancel();
}

TEST(loop_close, calls_what_was_posted_and_frees_what_was_not_due) {
  auto owned = std::make_shared<int>(1);
  test::journal j;
  test::run([&]() -> rondo::task<> {
    rondo::call_soon([&, owned] { j.say("posted"); });
    rondo::call_later(1h, [&, owned] { j.say("not due"); });
    co_return;
  });
  EXPECT_EQ(j.lines, (lines{"posted"}));
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(loop_close, a_task_made_by_a_pending_callback_is_cancelled_before_it_begins) {
  bool began = false;
  auto owned = std::make_shared<int>(1);
  auto body = [&began](std::shared_ptr<int>) -> rondo::task<> {
    began = true;
    co_await rondo::sleep(1h);
  };
  test::run([&]() -> rondo::task<> {
    rondo::call_soon([&] { rondo::create_task(body(owned)); });
    co_return;
  });
  EXPECT_FALSE(began);
  EXPECT_EQ(owned.use_count(), 1) << "its arguments live still";
}

TEST(loop_close, callbacks_that_post_for_ever_do_not_keep_it_open) {
  struct again {
    int* calls;
    void operator()() const {
      ++*calls;
      rondo::call_soon(*this);
      rondo::call_later(0s, *this);
    }
  };
  int calls = 0;
  test::run([&]() -> rondo::task<> {
    rondo::call_soon(again{&calls});
    co_await rondo::sleep(0s);
  });
  EXPECT_GE(calls, 1);
}

/// Its destructor begins what it cannot wait for, as a TLS connection's does.
struct says_goodbye {
  explicit says_goodbye(rondo::loop&) {}
  explicit says_goodbye(test::journal& to) : j(&to) {}
  says_goodbye(const says_goodbye&) = delete;
  ~says_goodbye() {
    if (j) rondo::detail::finish_in_background(goodbye(*j), 1h);
  }
  static rondo::task<> goodbye(test::journal& j) {
    co_await rondo::sleep(1ms);
    j.say("goodbye");
  }
  test::journal* j = nullptr;
};

TEST(loop_close, waits_for_what_the_last_destructors_begin) {
  test::journal j;
  test::run([&]() -> rondo::task<> {
    rondo::loop::current().local<says_goodbye>().j = &j;
    co_return;
  });
  EXPECT_EQ(j.lines, (lines{"goodbye"}));
}

TEST(loop_close, ends_what_the_destructors_of_callbacks_not_due_begin) {
  test::journal j;
  test::run([&]() -> rondo::task<> {
    rondo::call_later(1h, [owned = std::make_shared<says_goodbye>(j)] {});
    co_return;
  });
  EXPECT_EQ(j.lines, (lines{}));
}

TEST(loop_ref, calls_from_other_threads_on_the_loops_thread) {
  test::run([]() -> rondo::task<> {
    constexpr int threads = 4, each = 1'000;
    std::vector<int> seen(threads, 0);  // the loop's thread only: no lock
    int total = 0;
    rondo::event all;
    auto loop_thread = std::this_thread::get_id();
    std::vector<std::thread> others;
    for (int t = 0; t < threads; ++t) {
      others.emplace_back([&, t, ref = rondo::loop::current().ref()] {
        for (int i = 0; i < each; ++i) {
          bool accepted = ref.call_soon_threadsafe([&, t, i] {
            EXPECT_EQ(std::this_thread::get_id(), loop_thread);
            EXPECT_EQ(seen[static_cast<std::size_t>(t)], i) << "calls of a thread out of order";
            ++seen[static_cast<std::size_t>(t)];
            if (++total == threads * each) all.set();
          });
          EXPECT_TRUE(accepted);
        }
      });
    }
    co_await all.wait();
    for (auto& t : others) t.join();
    EXPECT_EQ(total, threads * each);
  });
}

TEST(loop_ref, after_the_close_says_false_and_frees_the_function) {
  rondo::loop_ref ref;
  EXPECT_FALSE(ref);
  EXPECT_FALSE(ref.call_soon_threadsafe([] {}));
  test::run([&]() -> rondo::task<> {
    ref = rondo::loop::current().ref();
    co_return;
  });
  EXPECT_TRUE(ref);
  auto owned = std::make_shared<int>(1);
  bool called = false;
  std::thread([&, owned] {
    EXPECT_FALSE(ref.call_soon_threadsafe([&called, owned] { called = true; }));
  }).join();
  EXPECT_FALSE(called);
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(loop_ref, posts_that_race_the_close_are_called_or_refused_never_lost) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> accepted{0}, called{0};
    std::atomic<bool> go{false}, stop{false};
    std::thread poster;
    test::run([&]() -> rondo::task<> {
      poster = std::thread([&, ref = rondo::loop::current().ref()] {
        go = true;
        while (!stop) {
          if (!ref.call_soon_threadsafe([&] { ++called; })) break;
          ++accepted;
        }
      });
      while (!go) co_await rondo::sleep(0s);
      co_await rondo::sleep(0s);
    });
    stop = true;
    poster.join();
    ASSERT_EQ(accepted.load(), called.load()) << "round " << round;
  }
}

TEST(loop_ref, the_last_one_dropped_while_the_loop_closes_is_sound) {
  // For the sanitizers: release() of a thread against the loop's own.
  for (int round = 0; round < 500; ++round) {
    std::vector<std::thread> threads;
    std::atomic<int> ready{0};
    test::run([&]() -> rondo::task<> {
      for (int i = 0; i < 2; ++i)
        threads.emplace_back([&, ref = rondo::loop::current().ref()]() mutable {
          ++ready;
          ref = {};
        });
      while (ready < 2) co_await rondo::sleep(0s);
    });
    for (auto& t : threads) t.join();
  }
}

TEST(loop_ref, keeps_the_loop_waiting_and_its_end_shows_the_deadlock) {
  std::mutex mutex;
  std::condition_variable changed;
  bool drop = false;
  std::thread holder;
  try {
    test::run([&]() -> rondo::task<> {
      holder = std::thread([&, ref = rondo::loop::current().ref()]() mutable {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return drop; });
        ref = {};
      });
      rondo::call_soon([&] {  // from here on nothing but the reference is left
        std::lock_guard lock(mutex);
        drop = true;
        changed.notify_one();
      });
      rondo::event never;
      co_await never.wait();
    });
    ADD_FAILURE() << "no deadlock was found";
  } catch (const rondo::deadlock_error&) {
  }
  holder.join();
}

// --- context variables of callbacks

rondo::context_var<int> request("request", 0);

TEST(context, main_sees_what_was_set_before_run) {
  auto t = request.set(7);
  test::run([]() -> rondo::task<> {
    EXPECT_EQ(request.get(), 7);
    static_cast<void>(request.set(8));
    co_return;
  });
  EXPECT_EQ(request.get(), 7) << "main's change came out of its task";
  request.reset(std::move(t));
}

TEST(context, callbacks_run_in_that_of_who_asked_for_them) {
  test::run_virtual([]() -> rondo::task<> {
    std::vector<int> seen;
    static_cast<void>(request.set(1));
    rondo::call_soon([&] {
      seen.push_back(request.get());
      static_cast<void>(request.set(100));  // its own
    });
    rondo::call_later(1s, [&] { seen.push_back(request.get()); });
    static_cast<void>(request.set(2));
    rondo::call_soon([&] { seen.push_back(request.get()); });
    co_await rondo::sleep(2s);
    EXPECT_EQ(seen, (std::vector<int>{1, 2, 1}));
    EXPECT_EQ(request.get(), 2);
  });
  EXPECT_EQ(request.get(), 0) << "a callback's context has leaked into the thread's";
}

TEST(context, tasks_made_by_callbacks_inherit_it) {
  test::run([]() -> rondo::task<> {
    int seen = -1;
    rondo::event done;
    static_cast<void>(request.set(5));
    auto body = [&]() -> rondo::task<> {
      seen = request.get();
      done.set();
      co_return;
    };
    rondo::call_soon([&] { rondo::create_task(body()); });
    static_cast<void>(request.set(6));
    co_await done.wait();
    EXPECT_EQ(seen, 5);
  });
}

TEST(context, calls_from_other_threads_see_the_loop_threads_own) {
  test::run([]() -> rondo::task<> {
    static_cast<void>(request.set(5));
    int seen = -1;
    rondo::event done;
    std::thread([&, ref = rondo::loop::current().ref()] {
      static_cast<void>(request.set(9));
      ref.call_soon_threadsafe([&] {
        seen = request.get();
        done.set();
      });
    }).join();
    co_await done.wait();
    EXPECT_EQ(seen, 0);
  });
}

// --- resources

TEST(loop, leaves_no_fd_and_no_registered_ring_behind) {
  auto open_fds = [] {
    int n = 0;
    for (int fd = 0; fd < 1024; ++fd)
      if (fcntl(fd, F_GETFD) != -1) ++n;
    return n;
  };
  test::run([]() -> rondo::task<> { co_return; });  // what is made once a process
  int before = open_fds();
  for (int i = 0; i < 40; ++i) test::run([]() -> rondo::task<> { co_await rondo::sleep(0s); });
  EXPECT_EQ(open_fds(), before);

  // A thread can register 16 rings; a loop that has gone must not hold one.
  io_uring_params p{};
  int ring = static_cast<int>(syscall(SYS_io_uring_setup, 8, &p));
  if (ring < 0) GTEST_SKIP() << "no io_uring here";
  io_uring_rsrc_update update{};
  update.offset = ~0u;
  update.data = static_cast<std::uint64_t>(ring);
  EXPECT_EQ(syscall(SYS_io_uring_register, ring, IORING_REGISTER_RING_FDS, &update, 1), 1)
      << "every slot for a ring is taken: closed loops have left theirs registered";
  syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_RING_FDS, &update, 1);
  close(ring);
}

}  // namespace
