// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What belongs to a loop's thread and is used on another one says so.
#include <unistd.h>
#include <cerrno>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;

namespace {

/// What f throws on another thread; empty if nothing.
std::string said_elsewhere(std::function<void()> f) {
  std::string said;
  std::thread([&] {
    try {
      f();
    } catch (const rondo::usage_error& e) {
      said = e.what();
    }
  }).join();
  return said;
}

void expect_refused(const char* call, std::function<void()> f) {
  std::string said = said_elsewhere(std::move(f));
  EXPECT_NE(said.find(call), std::string::npos) << call << " said: '" << said << "'";
  EXPECT_NE(said.find("thread"), std::string::npos) << call << " said: '" << said << "'";
}

TEST(wrong_thread, everything_of_the_loop_is_refused) {
  test::run([]() -> rondo::task<> {
    rondo::loop& l = rondo::loop::current();
    auto timer = l.call_later(1h, [] {});
    expect_refused("loop::call_soon", [&] { l.call_soon([] {}); });
    expect_refused("loop::call_later", [&] { auto s = l.call_later(1h, [] {}); });
    expect_refused("loop::call_at", [&] { auto s = l.call_at(rondo::time_point::max(), [] {}); });
    expect_refused("loop::create_task", [&] { l.create_task(rondo::sleep(0s)); });
    expect_refused("loop::set_exception_handler", [&] { l.set_exception_handler({}); });
    expect_refused("loop::run_once", [&] { l.run_once(); });
    expect_refused("loop::run_until", [&] { l.run_until([] { return true; }); });
    expect_refused("loop::cancel_all_and_wait", [&] { l.cancel_all_and_wait(); });
    expect_refused("loop::fd", [&] { static_cast<void>(l.fd()); });
    expect_refused("scheduled::cancel", [&] { timer.cancel(); });
    timer.cancel();
    co_return;
  });
}

TEST(wrong_thread, what_stands_for_a_running_task_is_refused) {
  test::run([]() -> rondo::task<> {
    rondo::task_ref ref = rondo::current_task();
    expect_refused("task_ref", [&] { ref.cancel(); });
    expect_refused("task_ref", [&] { ref.set_name("x"); });
    expect_refused("task_ref", [&] { static_cast<void>(ref.name()); });
    auto h = rondo::create_task(rondo::sleep(1h), "sleeper");
    expect_refused("task_handle::cancel", [&] { h.cancel(); });
    expect_refused("task_handle::done", [&] { static_cast<void>(h.done()); });
    expect_refused("task_handle::set_name", [&] { h.set_name("x"); });
    expect_refused("another thread", [&] {
      auto waits = [&]() -> rondo::task<> { co_await rondo::wait(h); };
      test::run(waits());
    });
    expect_refused("as_completed", [&] { rondo::as_completed<void> order(test::handles(h)); });
    h.cancel();
    co_await test::ended(h);
    EXPECT_EQ(said_elsewhere([&] { EXPECT_TRUE(h.done()); }), "") << "it has ended";
  });
}

TEST(wrong_thread, scopes_and_groups_are_refused_while_something_runs_in_them) {
  test::run([]() -> rondo::task<> {
    rondo::cancel_scope scope;
    EXPECT_EQ(said_elsewhere([&] { scope.reschedule(1h); }), "") << "nobody is in it";
    auto inside = [&]() -> rondo::task<> { co_await scope.run(rondo::sleep(1h)); };
    auto h = rondo::create_task(inside());
    co_await test::turns(1);
    expect_refused("cancel_scope::cancel", [&] { scope.cancel(); });
    expect_refused("cancel_scope::reschedule", [&] { scope.reschedule(1h); });
    h.cancel();
    co_await test::ended(h);
    auto body = [](rondo::task_group& group) {
      expect_refused("task_group::create_task", [&] { group.create_task(rondo::sleep(0s)); });
      expect_refused("task_group::cancel", [&] { group.cancel(); });
    };
    co_await rondo::with_task_group(body);
  });
}

#define EXPECT_ENDS_ELSEWHERE(make, use, text)                                       \
  do {                                                                               \
    GTEST_FLAG_SET(death_test_style, "threadsafe");                                  \
    EXPECT_DEATH(test::run([]() -> rondo::task<> {                                   \
                   make;                                                             \
                   std::thread([&] { use; }).join();                                 \
                   co_return;                                                        \
                 }),                                                                 \
                 text " was used on a thread that is not its loop's; use loop_ref"); \
  } while (false)

// Also when nobody waits at that moment, so that a program does not depend on luck.
TEST(wrong_thread_death, a_primitive_that_a_loop_uses) {
  EXPECT_ENDS_ELSEWHERE(rondo::event e; e.clear(), e.set(), "an event");
  EXPECT_ENDS_ELSEWHERE(rondo::queue<int> q; q.put_nowait(1), q.put_nowait(2), "a queue");
  EXPECT_ENDS_ELSEWHERE(rondo::queue<int> q; q.put_nowait(1), q.get_nowait(), "a queue");
  EXPECT_ENDS_ELSEWHERE(rondo::semaphore s(1); s.release(), s.release(), "a semaphore");
  EXPECT_ENDS_ELSEWHERE(rondo::lock l; auto g = co_await l.acquire(), g.release(), "a lock");
  EXPECT_ENDS_ELSEWHERE(rondo::barrier b(2); b.reset(), b.abort(), "a barrier");
}

TEST(wrong_thread, a_primitive_may_serve_one_run_after_the_other) {
  rondo::event e;
  rondo::semaphore s(1);
  auto use = [&]() -> rondo::task<> {
    auto permit = co_await s.acquire();
    e.set();
    co_await e.wait();
  };
  test::run(use());
  std::thread([&] { test::run(use()); }).join();
  e.clear();
  test::run(use());
}

TEST(wrong_thread_death, what_call_later_returned) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(test::run([]() -> rondo::task<> {
                 auto timer = rondo::call_later(1h, [] {});
                 std::thread([t = std::move(timer)] {}).join();
                 co_return;
               }),
               "what call_later returned was destroyed on a thread that is not its loop's");
}

// --- inside of what the loop runs

TEST(run_inside, of_a_task_is_refused) {
  test::run([]() -> rondo::task<> {
    rondo::loop& l = rondo::loop::current();
    EXPECT_THROW(l.run_once(), rondo::usage_error);
    EXPECT_THROW(l.run_until([] { return false; }), rondo::usage_error);
    EXPECT_THROW(l.cancel_all_and_wait(), rondo::usage_error);
    auto other = []() -> rondo::task<> { co_return; };
    EXPECT_THROW(rondo::run(other), rondo::usage_error);
    bool called = false;
    l.call_soon([&] {
      EXPECT_THROW(l.run_once(), rondo::usage_error) << "in a callback";
      called = true;
    });
    co_await test::turns(1);
    EXPECT_TRUE(called);
  });
}

// --- closed standard descriptors

RONDO_CHILD(closed_standard_fds) {
  for (int fd : {0, 1, 2}) ::close(fd);
  rondo::loop l;
  // As if they were closed still, and nothing of the loop's has their numbers.
  char c = 0;
  if (::read(0, &c, 1) != -1 || errno != EBADF) return 1;
  if (::write(1, "x", 1) != -1 || errno != EBADF) return 2;
  if (::write(2, "x", 1) != -1 || errno != EBADF) return 3;
  if (l.backend() != rondo::backend_kind::sim && l.fd() < 3) return 4;
  return 0;
}

TEST(standard_fds, closed_ones_are_not_taken_by_the_loop) {
  test::child c("closed_standard_fds");
  EXPECT_EQ(c.wait(), "exit 0");
}

}  // namespace
