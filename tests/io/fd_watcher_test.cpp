// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/fd_watcher.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "loop/backend.hpp"

#include "support/run.hpp"

using namespace std::chrono_literals;
using rondo::detail::fd_watcher;

namespace {

struct pipe_pair {
  pipe_pair() { EXPECT_EQ(::pipe(ends), 0); }
  ~pipe_pair() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void make_readable() { EXPECT_EQ(::write(ends[1], "x", 1), 1); }
  int ends[2];
};

rondo::task<> some_turns() {
  for (int i = 0; i < 5; ++i) co_await rondo::sleep(1ms);
}

TEST(fd_watcher, calls_back_as_long_as_the_fd_is_ready) {
  test::run([]() -> rondo::task<> {
    pipe_pair p;
    int calls = 0;
    fd_watcher* w = nullptr;
    w = fd_watcher::open(rondo::loop::current(), p.ends[0], [&](unsigned ready) {
      EXPECT_TRUE(ready & POLLIN);
      if (++calls == 3) w->watch(0);
    });
    w->watch(POLLIN);
    co_await some_turns();
    EXPECT_EQ(calls, 0);
    p.make_readable();
    co_await some_turns();
    EXPECT_EQ(calls, 3);
    w->close();
  });
}

// On epoll the answer to a poll of an fd that is ready is there at once, and its
// callback on the way when the library changes its mind.
TEST(fd_watcher, closed_with_its_answer_on_the_way) {
  test::run([]() -> rondo::task<> {
    pipe_pair p;
    p.make_readable();
    auto& kernel = rondo::loop::current().kernel();
    co_await some_turns();
    unsigned before = kernel.in_flight();
    int calls = 0;
    auto* w = fd_watcher::open(rondo::loop::current(), p.ends[0], [&](unsigned) { ++calls; });
    w->watch(POLLIN);
    w->close();
    co_await some_turns();
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(kernel.in_flight(), before);
  });
}

TEST(fd_watcher, told_to_wait_for_nothing_with_its_answer_on_the_way) {
  test::run([]() -> rondo::task<> {
    pipe_pair p;
    p.make_readable();
    auto& kernel = rondo::loop::current().kernel();
    co_await some_turns();
    unsigned before = kernel.in_flight();
    int calls = 0;
    auto* w = fd_watcher::open(rondo::loop::current(), p.ends[0], [&](unsigned) { ++calls; });
    w->watch(POLLIN);
    w->watch(0);
    co_await some_turns();
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(kernel.in_flight(), before);
    w->watch(POLLIN);
    w->watch(0);
    w->watch(POLLIN);
    co_await some_turns();
    EXPECT_GT(calls, 0);
    w->close();
  });
}

TEST(fd_watcher, closed_by_its_own_callback) {
  test::run([]() -> rondo::task<> {
    pipe_pair p;
    p.make_readable();
    int calls = 0;
    fd_watcher* w = nullptr;
    w = fd_watcher::open(rondo::loop::current(), p.ends[0], [&](unsigned) {
      ++calls;
      w->close();
    });
    w->watch(POLLIN);
    co_await some_turns();
    EXPECT_EQ(calls, 1);
  });
}

}  // namespace
