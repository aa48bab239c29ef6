// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Awaitables of other libraries inside of our coroutines.
#include <condition_variable>
#include <coroutine>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// Resumed by a thread that it starts.
struct on_thread {
  std::thread& thread;
  int value;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    thread = std::thread([h] { h.resume(); });
  }
  int await_resume() const { return value; }
};

TEST(foreign, resumed_by_another_thread_goes_on_in_its_own_loop) {
  test::run([]() -> rondo::task<> {
    auto here = std::this_thread::get_id();
    std::thread other;
    EXPECT_EQ(co_await (on_thread{other, 7}), 7);
    EXPECT_EQ(std::this_thread::get_id(), here);
    other.join();
  });
}

TEST(foreign, resumed_by_threads_a_thousand_times) {
  // For the sanitizers: the proxy may die while the other thread still leaves it.
  struct worker {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::coroutine_handle<>> queue;
    bool stop = false;
    std::thread thread{[this] {
      std::unique_lock lock(mutex);
      for (;;) {
        changed.wait(lock, [&] { return stop || !queue.empty(); });
        if (queue.empty()) return;
        auto h = queue.back();
        queue.pop_back();
        lock.unlock();
        h.resume();
        lock.lock();
      }
    }};
    ~worker() {
      {
        std::lock_guard lock(mutex);
        stop = true;
      }
      changed.notify_one();
      thread.join();
    }
  };
  struct awaiter {
    worker& w;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      std::lock_guard lock(w.mutex);
      w.queue.push_back(h);
      w.changed.notify_one();
    }
    void await_resume() const {}
  };
  worker w;
  test::run([&]() -> rondo::task<> {
    for (int i = 0; i < 2'000; ++i) co_await (awaiter{w});
  });
}

TEST(foreign, resumed_inside_of_await_suspend) {
  struct inline_resume {
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) { h.resume(); }
    int await_resume() const { return 3; }
  };
  test::run([]() -> rondo::task<> {
    int sum = 0;
    for (int i = 0; i < 10'000; ++i) sum += co_await (inline_resume{});
    EXPECT_EQ(sum, 30'000);
  });
}

TEST(foreign, that_is_ready_does_not_suspend) {
  struct ready {
    bool await_ready() const { return true; }
    void await_suspend(std::coroutine_handle<>) { ADD_FAILURE() << "suspended although ready"; }
    std::unique_ptr<int> await_resume() const { return std::make_unique<int>(4); }
  };
  test::run([]() -> rondo::task<> { EXPECT_EQ(*co_await (ready{}), 4); });
}

TEST(foreign, whose_await_suspend_says_false_goes_on) {
  struct changes_its_mind {
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<>) { return false; }
    int await_resume() const { return 5; }
  };
  struct suspends {
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> h) {
      h.resume();
      return true;
    }
    int await_resume() const { return 6; }
  };
  test::run([]() -> rondo::task<> {
    EXPECT_EQ(co_await (changes_its_mind{}), 5);
    EXPECT_EQ(co_await (suspends{}), 6);
  });
}

/// Another library's coroutine: runs when resumed, then resumes who waits.
struct foreign_task {
  struct promise_type {
    std::coroutine_handle<> waiter;
    int value = 0;
    foreign_task get_return_object() {
      return foreign_task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    struct back {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
        return h.promise().waiter;
      }
      void await_resume() const noexcept {}
    };
    back final_suspend() const noexcept { return {}; }
    void return_value(int n) { value = n; }
    void unhandled_exception() { std::terminate(); }
  };
  struct awaiter {
    std::coroutine_handle<promise_type> handle;
    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
      handle.promise().waiter = h;
      return handle;
    }
    int await_resume() const { return handle.promise().value; }
  };
  explicit foreign_task(std::coroutine_handle<promise_type> h) : handle(h) {}
  foreign_task(foreign_task&& other) noexcept : handle(std::exchange(other.handle, {})) {}
  ~foreign_task() {
    if (handle) handle.destroy();
  }
  awaiter operator co_await() && { return awaiter{handle}; }
  std::coroutine_handle<promise_type> handle;
};

foreign_task adds(int a, int b) { co_return a + b; }

TEST(foreign, coroutine_by_symmetric_transfer) {
  test::run([]() -> rondo::task<> {
    EXPECT_EQ(co_await adds(1, 2), 3);
    auto named = adds(3, 4);
    EXPECT_EQ(co_await std::move(named), 7);
  });
}

TEST(foreign, that_returns_a_noop_handle_waits) {
  struct parks {
    std::coroutine_handle<>& parked;
    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
      parked = h;
      return std::noop_coroutine();
    }
    void await_resume() const {}
  };
  test::run([]() -> rondo::task<> {
    std::coroutine_handle<> parked;
    rondo::call_soon([&] { parked.resume(); });
    co_await (parks{parked});
  });
}

TEST(foreign, exceptions_come_out_of_the_await) {
  struct thrower {
    int where;
    void at(int n) const {
      if (n == where) throw std::runtime_error("step " + std::to_string(n));
    }
    bool await_ready() const {
      at(1);
      return false;
    }
    void await_suspend(std::coroutine_handle<> h) {
      at(2);
      h.resume();
    }
    void await_resume() const { at(3); }
  };
  test::run([]() -> rondo::task<> {
    for (int where : {1, 2, 3}) {
      std::string what;
      try {
        co_await (thrower{where});
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      EXPECT_EQ(what, "step " + std::to_string(where));
    }
    // none of them keeps the loop from seeing a deadlock
  });
  EXPECT_THROW(test::run([]() -> rondo::task<> {
                 for (int where : {1, 2, 3}) {
                   try {
                     co_await (thrower{where});
                   } catch (const std::runtime_error&) {
                   }
                 }
                 rondo::event never;
                 co_await never.wait();
               }),
               rondo::deadlock_error);
}

TEST(foreign, cancelled_while_it_waits_is_stopped_after_it_was_resumed) {
  struct parks {
    std::coroutine_handle<>& parked;
    test::journal& j;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) { parked = h; }
    int await_resume() const {
      j.say("delivered");
      return 9;
    }
  };
  test::journal j;
  test::run([&]() -> rondo::task<> {
    std::coroutine_handle<> parked;
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      int n = co_await (parks{parked, j});
      j.say("got " + std::to_string(n));
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto t = rondo::create_task(body());
    co_await rondo::sleep(0s);
    t.cancel();
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    EXPECT_FALSE(t.done()) << "its frame would be destroyed while somebody holds its handle";
    std::thread([&] { parked.resume(); }).join();
    while (!t.done()) co_await rondo::sleep(0s);
    EXPECT_TRUE(t.cancelled());
  });
  EXPECT_EQ(j.lines, (lines{"delivered", "got 9", "~body"}));
}

/// Handles that other threads resume, or that are withdrawn before.
class parking {
 public:
  struct awaiter {
    parking& park;
    int value = 0;
    std::coroutine_handle<> handle = {};
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      std::lock_guard lock(park.mutex_);
      handle = h;
      park.waiting_ = this;
    }
    int await_resume() const { return value; }
    bool await_cancel() noexcept {
      std::lock_guard lock(park.mutex_);
      if (park.waiting_ != this) return false;
      park.waiting_ = nullptr;
      return true;
    }
  };
  awaiter wait() { return {*this}; }
  /// False when nobody waits. From any thread.
  bool resume(int value) {
    awaiter* a;
    {
      std::lock_guard lock(mutex_);
      a = std::exchange(waiting_, nullptr);
      if (!a) return false;
      a->value = value;
    }
    a->handle.resume();
    return true;
  }

 private:
  std::mutex mutex_;
  awaiter* waiting_ = nullptr;
};

TEST(foreign, that_offers_cancellation_is_cancelled_at_once) {
  test::journal j;
  parking park;
  test::run([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      co_await park.wait();
      j.say("never");
    };
    auto t = rondo::create_task(body());
    co_await rondo::sleep(0s);
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_TRUE(t.cancelled()) << "it still waits for the awaitable";
    EXPECT_FALSE(park.resume(1)) << "the awaitable still has the handle";
  });
  EXPECT_EQ(j.lines, (lines{"~body"}));
  // Nothing of it is left that would keep the loop from seeing a deadlock.
  EXPECT_THROW(test::run([&]() -> rondo::task<> {
                 auto waits = [&]() -> rondo::task<> { co_await park.wait(); };
                 auto t = rondo::create_task(waits());
                 co_await rondo::sleep(0s);
                 t.cancel();
                 rondo::event never;
                 co_await never.wait();
               }),
               rondo::deadlock_error);
}

TEST(foreign, that_refuses_to_be_cancelled_delivers) {
  struct refuses {
    std::coroutine_handle<>& parked;
    int& asked;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) { parked = h; }
    int await_resume() const { return 5; }
    bool await_cancel() noexcept {
      ++asked;
      return false;
    }
  };
  test::run([]() -> rondo::task<> {
    std::coroutine_handle<> parked;
    int asked = 0;
    int got = 0;
    auto body = [&]() -> rondo::task<> { got = co_await (refuses{parked, asked}); };
    auto t = rondo::create_task(body());
    co_await rondo::sleep(0s);
    t.cancel();
    t.cancel();
    co_await rondo::sleep(0s);
    EXPECT_EQ(asked, 1);
    EXPECT_FALSE(t.done());
    parked.resume();
    while (!t.done()) co_await rondo::sleep(0s);
    EXPECT_EQ(got, 5);
  });
}

TEST(foreign, a_cancellation_races_the_thread_that_resumes) {
  // Each value arrives, or was never taken.
  constexpr int rounds = 3'000;
  parking park;
  int delivered = 0;
  int resumed = 0;
  test::run([&]() -> rondo::task<> {
    for (int i = 0; i < rounds; ++i) {
      int got = 0;
      auto body = [&]() -> rondo::task<> { got = co_await park.wait(); };
      auto t = rondo::create_task(body());
      co_await rondo::sleep(0s);
      bool given = false;
      std::thread other([&] { given = park.resume(i + 1); });
      t.cancel();
      for (; !t.done();) co_await rondo::sleep(0s);
      other.join();
      EXPECT_EQ(got, given ? i + 1 : 0);
      delivered += got != 0;
      resumed += given;
    }
  });
  EXPECT_EQ(delivered, resumed);
}

TEST(foreign, begun_on_a_cancelled_task_never_starts) {
  struct loud {
    bool await_ready() const {
      ADD_FAILURE() << "it was asked";
      return true;
    }
    void await_suspend(std::coroutine_handle<>) {}
    void await_resume() const {}
  };
  test::run([]() -> rondo::task<> {
    auto body = []() -> rondo::task<> {
      rondo::current_task().cancel();
      co_await (loud{});
      ADD_FAILURE() << "it went on";
    };
    auto t = rondo::create_task(body());
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    EXPECT_TRUE(t.cancelled());
  });
}

TEST(foreign, can_be_given_to_gather_and_create_task) {
  test::run([]() -> rondo::task<> {
    std::thread other;
    auto [a, b] = co_await rondo::gather(adds(2, 3), on_thread{other, 8});
    EXPECT_EQ(a, 5);
    EXPECT_EQ(b, 8);
    other.join();
    EXPECT_EQ(co_await rondo::create_task(adds(4, 4)), 8);
  });
}

}  // namespace
