// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A primitive that is destroyed while somebody holds it or waits for it ends the
// program with a name: else whoever gives it back writes into freed memory.
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

#define EXPECT_ENDS_WITH(body, text)                                                  \
  do {                                                                                \
    GTEST_FLAG_SET(death_test_style, "threadsafe");                                   \
    EXPECT_DEATH(test::run_virtual([]()->rondo::task<> body), "rondo: fatal: " text); \
  } while (false)

TEST(destroyed_death, a_lock_that_a_guard_holds) {
  EXPECT_ENDS_WITH(
      {
        auto l = std::make_unique<rondo::lock>();
        auto guard = co_await l->acquire();
        l.reset();
      },
      "a lock was destroyed while it was held \\(taken in lambda in .* at "
      "destroyed_test.cpp:[0-9]+\\)");
}

TEST(destroyed_death, a_lock_that_is_handed_over_at_this_moment) {
  EXPECT_ENDS_WITH(
      {
        auto l = std::make_unique<rondo::lock>();
        auto guard = co_await l->acquire();
        auto take = [&]() -> rondo::task<> { auto mine = co_await l->acquire(); };
        auto t = rondo::create_task(take());
        co_await test::turns(1);
        guard.release();
        l.reset();
      },
      "a lock was destroyed while it was held \\(taken in lambda in ");
}

TEST(destroyed_death, a_lock_in_a_limit_is_named_by_who_awaits_that) {
  EXPECT_ENDS_WITH(
      {
        auto l = std::make_unique<rondo::lock>();
        auto guard = co_await rondo::wait_for(l->acquire(), 1s);
        l.reset();
      },
      "a lock was destroyed while it was held \\(taken in lambda in .* at "
      "destroyed_test.cpp:[0-9]+\\)");
}

TEST(destroyed_death, a_semaphore_whose_permits_are_out) {
  EXPECT_ENDS_WITH(
      {
        auto s = std::make_unique<rondo::semaphore>(3);
        auto a = co_await s->acquire();
        auto b = co_await s->acquire();
        s.reset();
      },
      "a semaphore was destroyed while 2 permits of it were out \\(taken in lambda in ");
}

rondo::task<> work(rondo::semaphore& s) {
  auto permit = co_await s.acquire();
  co_await rondo::sleep(1h);
}

TEST(destroyed_death, a_bounded_semaphore_whose_workers_are_cancelled_and_not_waited_for) {
  EXPECT_ENDS_WITH(
      {
        auto s = std::make_unique<rondo::bounded_semaphore>(2);
        auto a = rondo::create_task(work(*s));
        co_await test::turns(1);
        a.cancel();
        s.reset();
      },
      "a semaphore was destroyed while 1 permit of it was out \\(taken in work at "
      "destroyed_test.cpp");
}

TEST(destroyed_death, a_condition_that_has_notified_who_cannot_go_on_yet) {
  EXPECT_ENDS_WITH(
      {
        rondo::lock l;
        auto c = std::make_unique<rondo::condition>(l);
        auto wait = [&]() -> rondo::task<> {
          auto guard = co_await l.acquire();
          co_await c->wait(guard);
        };
        auto t = rondo::create_task(wait(), "the waiter");
        co_await test::turns(1);
        auto guard = co_await l.acquire();
        c->notify();
        c.reset();
      },
      "a condition was destroyed while task 'the waiter' waited for it");
}

TEST(destroyed_death, an_as_completed_in_which_somebody_waits) {
  EXPECT_ENDS_WITH(
      {
        auto slow = rondo::create_task(rondo::sleep(1h));
        auto order = std::make_unique<rondo::as_completed<void>>(test::handles(slow));
        auto wait = [&]() -> rondo::task<> { co_await order->next(); };
        auto t = rondo::create_task(wait(), "the waiter");
        co_await test::turns(1);
        order.reset();
      },
      "an as_completed was destroyed while task 'the waiter' waited for it");
}

TEST(destroyed_death, a_cancel_scope_names_who_is_in_it) {
  EXPECT_ENDS_WITH(
      {
        auto scope = std::make_unique<rondo::cancel_scope>();
        auto inside = [&]() -> rondo::task<> { co_await scope->run(rondo::sleep(1h)); };
        auto t = rondo::create_task(inside(), "the insider");
        co_await test::turns(1);
        scope.reset();
      },
      "a cancel_scope was destroyed while task 'the insider' ran something in it");
}

TEST(destroyed_death, every_other_primitive_that_is_waited_for) {
  EXPECT_ENDS_WITH(
      {
        auto b = std::make_unique<rondo::barrier>(2);
        auto wait = [&]() -> rondo::task<> { co_await b->wait(); };
        auto t = rondo::create_task(wait(), "lonely");
        co_await test::turns(1);
        b.reset();
      },
      "a barrier was destroyed while task 'lonely' waited for it");
  EXPECT_ENDS_WITH(
      {
        auto q = std::make_unique<rondo::queue<int>>();
        auto wait = [&]() -> rondo::task<> { co_await q->get(); };
        auto t = rondo::create_task(wait(), "lonely");
        co_await test::turns(1);
        q.reset();
      },
      "a queue was destroyed while task 'lonely' waited for it");
}

// What must not be taken for a mistake.
TEST(destroyed, is_nothing_once_all_is_given_back) {
  test::run_virtual([]() -> rondo::task<> {
    std::optional<rondo::semaphore> s(std::in_place, 1);
    {
      auto permit = co_await s->acquire();
      auto moved = std::move(permit);
    }
    auto waiting = rondo::create_task(s->acquire());
    co_await test::turns(2);
    {
      auto permit = co_await std::move(waiting);
      permit.release();
    }
    s.reset();

    s.emplace(1);
    auto permit = co_await s->acquire();
    permit.detach();
    s.reset();

    std::optional<rondo::lock> l(std::in_place);
    std::optional<rondo::condition> c(std::in_place, *l);
    auto wait = [&]() -> rondo::task<> {
      auto guard = co_await l->acquire();
      co_await c->wait(guard);
    };
    auto t = rondo::create_task(wait());
    co_await test::turns(1);
    t.cancel();
    co_await test::ended(t);
    c.reset();
    l.reset();
  });
}

}  // namespace
