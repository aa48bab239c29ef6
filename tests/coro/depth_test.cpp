// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Nothing is recursive: chains and trees may be as deep as memory is large.
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

// Sanitizers give each frame an allocation of its own, with guard zones.
constexpr int chain_depth = RONDO_SANITIZED ? 100'000 : 1'000'000;
constexpr int tree_depth = 10'000;

struct counts {
  int& n;
  explicit counts(int& counter) : n(counter) { ++n; }
  ~counts() { --n; }
};

rondo::task<int> chain(int n, rondo::event& e, int& alive) {
  counts c(alive);
  if (n == 0) {
    co_await e.wait();
    co_return 0;
  }
  co_return 1 + co_await chain(n - 1, e, alive);
}

TEST(depth, a_chain_of_a_million_awaits_completes) {
  int alive = 0;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto h = rondo::create_task(chain(chain_depth, e, alive));
    co_await test::turns(1);
    EXPECT_EQ(alive, chain_depth + 1);
    e.set();
    int n = co_await h;
    EXPECT_EQ(n, chain_depth);
  });
  EXPECT_EQ(alive, 0);
}

TEST(depth, a_chain_of_a_million_awaits_unwinds) {
  int alive = 0;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto h = rondo::create_task(chain(chain_depth, e, alive));
    co_await test::turns(1);
    h.cancel();
    co_await test::turns(2);
    EXPECT_TRUE(h.cancelled());
    EXPECT_EQ(alive, 0);
  });
}

rondo::task<int> failing_chain(int n) {
  if (n == 0) {
    co_await rondo::sleep(0s);
    throw 7;
  }
  co_return co_await failing_chain(n - 1);
}

TEST(depth, an_exception_crosses_a_long_chain) {
  test::run_virtual([]() -> rondo::task<> {
    int caught = 0;
    try {
      int n = co_await failing_chain(1000);
      EXPECT_EQ(n, 0) << "no exception came";
    } catch (int i) {
      caught = i;
    }
    EXPECT_EQ(caught, 7);
  });
}

rondo::task<> nest(int n, rondo::event& e, int& alive) {
  counts c(alive);
  if (n == 0) {
    co_await e.wait();
  } else {
    co_await rondo::gather(nest(n - 1, e, alive));
  }
}

TEST(depth, ten_thousand_gathers_in_each_other_complete) {
  int alive = 0;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto h = rondo::create_task(nest(tree_depth, e, alive));
    co_await test::turns(tree_depth + 2);
    EXPECT_EQ(alive, tree_depth + 1);
    e.set();
    co_await h;
  });
  EXPECT_EQ(alive, 0);
}

TEST(depth, ten_thousand_gathers_in_each_other_unwind) {
  int alive = 0;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto h = rondo::create_task(nest(tree_depth, e, alive));
    co_await test::turns(tree_depth + 2);
    EXPECT_EQ(rondo::all_tasks().size(), tree_depth + 2u);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    EXPECT_EQ(alive, 0);
  });
}

TEST(depth, a_long_loop_of_awaits_needs_no_stack) {
  auto one = [](int i) -> rondo::task<int> { co_return i; };
  auto sum = [&](int n) -> rondo::task<long> {
    long s = 0;
    for (int i = 0; i < n; ++i) {
      int v = co_await one(1);
      s += v;
    }
    co_return s;
  };
  EXPECT_EQ(test::run_virtual(sum(1'000'000)), 1'000'000);
}

TEST(depth, many_tasks_at_once) {
  constexpr int many = 100'000;
  int done = 0;
  test::run_virtual([&]() -> rondo::task<> {
    auto work = [&](int i) -> rondo::task<> {
      co_await rondo::sleep(std::chrono::milliseconds(i % 1000));
      ++done;
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < many; ++i) all.push_back(work(i));
    co_await rondo::gather(all);
  });
  EXPECT_EQ(done, many);
}

}  // namespace
