// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The first, the second, the third … allocation fails, until a scenario passes:
// each time std::bad_alloc arrives where the program can see it, or the scenario
// passes all the same; nothing leaks, nothing hangs, and nothing terminates.
// (Coroutine frames come from operator new only under sanitizers: elsewhere the
// frame pool keeps slabs.)
#include <memory>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include <rondo/testing/every_allocation.hpp>
#include <rondo/testing/replace_new.hpp>
#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

using rondo::testing::every_allocation;

rondo::task<int> work(rondo::queue<std::string>& q, int i) {
  co_await rondo::sleep(1s);
  co_await q.put("an item that is too long for a small string " + std::to_string(i));
  co_return i;
}

rondo::task<> consume(rondo::queue<std::string>& q, int n) {
  for (int i = 0; i < n; ++i) {
    std::string item = co_await q.get();
    EXPECT_EQ(item.substr(0, 7), "an item");
    q.task_done();
  }
}

// The queue is small, so that putters wait, too.
void scenario() {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<std::string> q(2);
    // Names are allocated.
    auto consumer = rondo::create_task(consume(q, 7), "the consumer with a long name");
    struct stop {
      rondo::task_handle<> h;
      ~stop() { h.cancel(); }
    };
    auto produce = [&]() -> rondo::task<> {
      auto [a, b] = co_await rondo::gather(work(q, 1), rondo::wait_for(work(q, 2), 5s));
      EXPECT_EQ(a + b, 3);
      std::vector<rondo::task<int>> more;
      for (int i = 0; i < 3; ++i) more.push_back(work(q, i));
      std::vector<int> got = co_await rondo::gather(more, 2);
      EXPECT_EQ(got.size(), 3u);
      co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
        auto h = tg.create_task(work(q, 3), "a member of the group");
        tg.create_task(work(q, 4));
        int v = co_await h;
        EXPECT_EQ(v, 3);
      });
      bool late = false;
      try {
        co_await rondo::wait_for(rondo::sleep(10s), 1s);
      } catch (const rondo::timeout_error&) {
        late = true;
      }
      EXPECT_TRUE(late);
      co_await q.join();
    };
    // The consumer refers to the queue: it ends before.
    auto watch = [&]() -> rondo::task<> { co_await consumer; };
    auto both = [&](rondo::task_group& tg) -> rondo::task<> {
      tg.create_task(watch());
      co_await produce();
    };
    std::exception_ptr error;
    try {
      co_await rondo::with_task_group(both);
    } catch (...) {
      error = std::current_exception();
    }
    consumer.cancel();
    while (!consumer.done()) co_await rondo::sleep(0s);
    if (error) std::rethrow_exception(error);
  });
}

TEST(fault_points, one_allocation_fails) {
  int runs = every_allocation(scenario, false);
  EXPECT_GT(runs, 20);
}

TEST(fault_points, all_allocations_fail_from_one_on) { every_allocation(scenario, true); }

// A promise that is dropped must wake its future whatever happens.
TEST(fault_points, a_dropped_promise_wakes_its_future_without_memory) {
  auto dropped = []() {
    test::run_virtual([]() -> rondo::task<> {
      auto p = std::make_unique<rondo::promise<int>>();
      rondo::future<int> f = p->get_future();
      auto wait = [&]() -> rondo::task<int> { co_return co_await f; };
      auto h = rondo::create_task(wait());
      co_await test::turns(1);
      p.reset();
      std::exception_ptr error;
      try {
        int v = co_await h;
        EXPECT_EQ(v, 0);
      } catch (const rondo::broken_promise&) {
        co_return;
      } catch (...) {
        error = std::current_exception();
      }
      if (error) std::rethrow_exception(error);
    });
  };
  every_allocation(dropped, false);
  every_allocation(dropped, true);
}

// Several failures at once, of which only one can be thrown: the others are
// reported, also when there is no memory for the report.
TEST(fault_points, further_failures_are_reported_without_memory) {
  auto failures = []() {
    test::run_virtual([&]() -> rondo::task<> {
      rondo::loop::current().set_exception_handler([](const rondo::diagnostic&) {});
      auto fail = []() -> rondo::task<> {
        co_await rondo::shield(rondo::sleep(1s));
        throw std::bad_alloc();
      };
      rondo::create_task(fail());
      try {
        co_await rondo::with_task_group([&](rondo::task_group& tg) {
          tg.create_task(fail());
          tg.create_task(fail());
        });
      } catch (const std::bad_alloc&) {
      }
      co_await rondo::gather(fail(), fail());
    });
  };
  for (int n = 0; n < 200; ++n) {
    rondo::testing::failing_allocation fault(n, true);
    try {
      failures();
    } catch (const std::bad_alloc&) {
    }
  }
}

rondo::async_generator<int> numbers(rondo::event& e) {
  co_await e.wait();
  co_yield 1;
}

// Ctrl-C must work when memory is short.
TEST(fault_points, cancelling_and_unwinding_need_no_memory) {
  test::journal j;
  j.lines.reserve(100);
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    rondo::queue<int> q;
    auto deep = [&](auto& self, int n) -> rondo::task<> {
      test::witness w(j, "call");
      if (n > 0) {
        co_await self(self, n - 1);
      } else {
        co_await rondo::gather(rondo::sleep(100s), q.get(), rondo::wait_for(e.wait(), 100s),
                               rondo::shield(rondo::sleep(1s)));
      }
    };
    auto iterate = [&]() -> rondo::task<> {
      test::witness w(j, "consumer");
      auto g = numbers(e);
      auto n = co_await g.next();
      EXPECT_FALSE(n);
    };
    auto group = [&](rondo::task_group& tg) {
      tg.create_task(deep(deep, 10));
      tg.create_task(iterate());
      tg.create_task(rondo::race(e.wait(), q.get()));
    };
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      co_await rondo::with_task_group(group);
    };
    auto h = rondo::create_task(body());
    co_await test::turns(5);
    {
      rondo::testing::failing_allocation all(0, true);
      h.cancel();
      while (!h.done()) co_await rondo::sleep(1s);
      EXPECT_FALSE(all.has_failed()) << all.failures() << " allocations were tried";
    }
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines.size(), 13u);
  EXPECT_EQ(j.lines.back(), "~body");
}

}  // namespace
