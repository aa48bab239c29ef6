// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The text given to cancel() reaches whoever sees the cancellation, through whatever
// stands between.
#include <stop_token>

#include <gtest/gtest.h>

#include <rondo/compose/move_on_when.hpp>
#include <rondo/testing/allocations.hpp>
#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

const std::string why = "the reason why, too long for a small string";

rondo::task<int> gives_up() {
  rondo::current_task().cancel(why);
  co_await rondo::sleep(1s);
  co_return 1;
}
rondo::task<> gives_up_void() { static_cast<void>(co_await gives_up()); }

/// The message of the cancelled_error that what throws, or what happened instead.
template <class T>
rondo::task<std::string> message_of(rondo::task<T> what) {
  try {
    static_cast<void>(co_await rondo::shield(std::move(what)));
  } catch (const rondo::cancelled_error& e) {
    co_return e.message();
  } catch (...) {
    co_return "another exception";
  }
  co_return "no exception";
}
template <>
rondo::task<std::string> message_of(rondo::task<> what) {
  try {
    co_await rondo::shield(std::move(what));
  } catch (const rondo::cancelled_error& e) {
    co_return e.message();
  } catch (...) {
    co_return "another exception";
  }
  co_return "no exception";
}

/// Each awaits a task that cancels itself, and lets its cancelled_error through.
struct through {
  const char* name;
  rondo::task<> (*await)();
};

rondo::task<> through_shield() { co_await rondo::shield(gives_up_void()); }
rondo::task<> through_wait_for() { co_await rondo::wait_for(gives_up_void(), 1s); }
rondo::task<> through_timeout_at() {
  co_await rondo::timeout_at(gives_up_void(), rondo::time_point::max());
}
rondo::task<> through_move_on_after() { co_await rondo::move_on_after(gives_up(), 1s); }
rondo::task<> through_move_on_when() {
  std::stop_source never;
  co_await rondo::move_on_when(gives_up(), never.get_token());
}
rondo::task<> through_cancel_scope() {
  rondo::cancel_scope scope;
  co_await scope.run(gives_up());
}
rondo::task<> through_finally() {
  auto clean = []() -> rondo::task<> { co_return; };
  co_await rondo::finally(gives_up_void(), clean);
}
rondo::task<> through_the_cleanup() {
  auto work = []() -> rondo::task<> { co_await rondo::sleep(0s); };
  co_await rondo::finally(gives_up_void(), work, 1s);
}
rondo::task<> through_gather() {
  co_await rondo::gather(rondo::sleep(1s), gives_up_void(), rondo::sleep(2s));
}
rondo::task<> through_gather_of_values() {
  auto [a, b] = co_await rondo::gather(gives_up(), rondo::sleep(1s));
  EXPECT_EQ(a, 0);
}
rondo::task<> through_gather_of_a_range() {
  std::vector<rondo::task<int>> all;
  all.push_back(gives_up());
  all.push_back(gives_up());
  std::vector<int> got = co_await rondo::gather(all, 1);
  EXPECT_TRUE(got.empty());
}
rondo::task<> through_race() {
  auto all = co_await rondo::race(gives_up(), gives_up_void());
  static_cast<void>(all);
}
rondo::task<> through_outcome_of() {
  rondo::outcome<int> o = co_await rondo::outcome_of(gives_up());
  EXPECT_TRUE(o.cancelled());
  EXPECT_EQ(o.exception(), nullptr);
  rondo::outcome<int> moved = std::move(o);
  rondo::outcome<int> copy = moved;
  moved = rondo::outcome<int>();
  rondo::outcome<int> assigned;
  assigned.set_value(1);
  assigned = std::move(copy);
  static_cast<void>(assigned.value());
}
rondo::task<> through_gather_outcomes() {
  auto [a, b] = co_await rondo::gather_outcomes(rondo::sleep(1s), gives_up_void());
  a.value();
  b.value();
}
rondo::task<> through_gather_outcomes_of_a_range() {
  std::vector<rondo::task<int>> all;
  all.push_back(gives_up());
  auto got = co_await rondo::gather_outcomes(all);
  static_cast<void>(std::move(got.at(0)).value());
}
rondo::task<> through_the_body_of_a_group() {
  auto body = [](rondo::task_group&) -> rondo::task<> { co_await gives_up_void(); };
  co_await rondo::with_task_group(body);
}
rondo::task<> through_the_value_of_a_group() {
  auto body = [](rondo::task_group&) -> rondo::task<int> { co_return co_await gives_up(); };
  int v = co_await rondo::with_task_group(body);
  EXPECT_EQ(v, 0);
}
rondo::task<> through_a_task_of_a_group() {
  rondo::task_handle<int> h;
  co_await rondo::with_task_group([&](rondo::task_group& tg) { h = tg.create_task(gives_up()); });
  static_cast<void>(co_await h);
}
rondo::task<> through_a_handle() {
  auto h = rondo::create_task(gives_up());
  static_cast<void>(co_await std::move(h));
}
rondo::task<> through_the_result_of_a_handle() {
  auto h = rondo::create_task(gives_up_void());
  co_await test::ended(h);
  h.result();
}
rondo::task<> through_wait() {
  auto h = rondo::create_task(gives_up());
  auto sorted = co_await rondo::wait(h);
  static_cast<void>(sorted.done.at(0).result());
}
rondo::task<> through_as_completed() {
  rondo::as_completed order(test::handles(rondo::create_task(gives_up())));
  auto h = co_await order.next();
  static_cast<void>(std::move(*h).take_result());
}
rondo::task<> through_a_gather_of_handles() {
  auto h = rondo::create_task(gives_up());
  static_cast<void>(co_await rondo::gather(h, rondo::sleep(1s)));
}
rondo::task<> through_all_of_it() {
  co_await rondo::gather(rondo::wait_for(rondo::shield(through_race()), 5s));
}

const through all[] = {
    {"shield", through_shield},
    {"wait_for", through_wait_for},
    {"timeout_at", through_timeout_at},
    {"move_on_after", through_move_on_after},
    {"move_on_when", through_move_on_when},
    {"cancel_scope", through_cancel_scope},
    {"finally", through_finally},
    {"finally with a limit", through_the_cleanup},
    {"gather", through_gather},
    {"gather of values", through_gather_of_values},
    {"gather of a range", through_gather_of_a_range},
    {"race", through_race},
    {"outcome_of", through_outcome_of},
    {"gather_outcomes", through_gather_outcomes},
    {"gather_outcomes of a range", through_gather_outcomes_of_a_range},
    {"with_task_group, its body", through_the_body_of_a_group},
    {"with_task_group, its value", through_the_value_of_a_group},
    {"with_task_group, a task of it", through_a_task_of_a_group},
    {"co_await handle", through_a_handle},
    {"handle.result()", through_the_result_of_a_handle},
    {"wait", through_wait},
    {"as_completed", through_as_completed},
    {"gather of handles", through_a_gather_of_handles},
    {"nested", through_all_of_it},
};

TEST(cancel_message, of_a_task_that_cancels_itself_passes_through) {
  test::run_virtual([]() -> rondo::task<> {
    for (const through& t : all) {
      std::string said = co_await message_of(t.await());
      EXPECT_EQ(said, why) << t.name;
    }
  });
}

TEST(cancel_message, leaves_run) {
  for (const through& t : all) {
    std::string said = "nothing";
    try {
      test::run_virtual(t.await);
    } catch (const rondo::cancelled_error& e) {
      said = e.message();
    }
    EXPECT_EQ(said, why) << t.name;
  }
}

// What is below a task is cancelled with it, and for the same reason.
TEST(cancel_message, passes_down_to_what_is_cancelled_with_a_task) {
  test::run_virtual([]() -> rondo::task<> {
    std::vector<rondo::task_handle<>> below;
    auto later = [&](rondo::task_group& tg) -> rondo::task<> {
      // This one begins when it is cancelled already.
      rondo::detail::scheduler& s = *rondo::detail::this_thread_scheduler;
      while (!s.current->cancel_requested()) co_await rondo::shield(rondo::sleep(1s));
      below.push_back(tg.create_task(rondo::sleep(1s)));
    };
    auto group = [&](rondo::task_group& tg) -> rondo::task<> {
      below.push_back(tg.create_task(rondo::sleep(100s)));
      co_await later(tg);
    };
    auto body = [&]() -> rondo::task<> {
      co_await rondo::gather(rondo::sleep(100s),
                             rondo::wait_for(rondo::with_task_group(group), 90s));
    };
    auto h = rondo::create_task(body());
    co_await test::turns(5);
    h.cancel(why);
    h.cancel("too late: the first one counts");
    std::string said = co_await message_of([](auto own) -> rondo::task<> { co_await own; }(h));
    EXPECT_EQ(said, why);
    EXPECT_EQ(below.size(), 2u);
    for (auto& b : below) {
      said = co_await message_of([](auto own) -> rondo::task<> { co_await own; }(b));
      EXPECT_EQ(said, why);
    }
  });
}

TEST(cancel_message, of_a_time_limit_tells_what_was_cut_off) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::task_handle<> inside;
    auto group = [&](rondo::task_group& tg) { inside = tg.create_task(rondo::sleep(100s)); };
    std::string limit;
    try {
      co_await rondo::wait_for(rondo::with_task_group(group), 1s);
    } catch (const rondo::timeout_error& e) {
      limit = e.what();
    }
    EXPECT_EQ(limit.substr(0, 41), "wait_for: task_group timed out after 1s, ");
    std::string said = co_await message_of([](auto own) -> rondo::task<> { co_await own; }(inside));
    EXPECT_EQ(said, limit);
  });
}

TEST(cancel_message, that_there_is_no_memory_for_is_left_out) {
  if (!rondo::testing::allocations_can_fail)
    GTEST_SKIP() << "the sanitizer's allocator cannot be replaced";
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(rondo::sleep(100s));
    co_await test::turns(2);
    {
      rondo::testing::failing_allocation none(0, true);
      h.cancel(why);
      EXPECT_TRUE(none.has_failed());
    }
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    std::string said = co_await message_of([](auto own) -> rondo::task<> { co_await own; }(h));
    EXPECT_EQ(said, "");
  });
}

}  // namespace
