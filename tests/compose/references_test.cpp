// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Tasks, functions and futures that give references: what awaits them gives the
// same object, in a std::reference_wrapper where a vector or an optional holds it.
#include <functional>
#include <stop_token>

#include <gtest/gtest.h>

#include <rondo/compose/move_on_when.hpp>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

struct object {
  int n = 0;
  object() = default;
  object(const object&) = delete;
  object& operator=(const object&) = delete;
};
struct derived : object {};

object shared;
derived shared_derived;

rondo::task<object&> give() { co_return shared; }
rondo::task<const object&> give_const() { co_return shared; }
rondo::task<object&> give_derived() { co_return shared_derived; }
rondo::task<object&> give_late() {
  co_await rondo::sleep(1s);
  co_return shared;
}

std::vector<rondo::task<object&>> two() {
  std::vector<rondo::task<object&>> tasks;
  tasks.push_back(give());
  tasks.push_back(give_late());
  return tasks;
}

TEST(references, a_task_gives_the_object_itself) {
  EXPECT_EQ(&rondo::run(give()), &shared);
  test::run_virtual([]() -> rondo::task<> {
    object& a = co_await give();
    EXPECT_EQ(&a, &shared);
    const object& b = co_await give_const();
    EXPECT_EQ(&b, &shared);
    object& c = co_await give_derived();
    EXPECT_EQ(&c, &shared_derived);
  });
}

TEST(references, through_gather) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = co_await rondo::gather(give(), give_late());
    EXPECT_EQ(&a, &shared);
    EXPECT_EQ(&b, &shared);
    auto tasks = two();
    std::vector<std::reference_wrapper<object>> all = co_await rondo::gather(tasks);
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(&all.at(0).get(), &shared);
    EXPECT_EQ(&all.at(1).get(), &shared);
    tasks = two();
    auto limited = co_await rondo::gather(tasks, 1);
    EXPECT_EQ(&limited.at(1).get(), &shared);
  });
}

TEST(references, through_outcomes) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::outcome<object&> one = co_await rondo::outcome_of(give());
    EXPECT_EQ(&one.value(), &shared);
    auto [a, b] = co_await rondo::gather_outcomes(give(), give_late());
    EXPECT_EQ(&a.value(), &shared);
    EXPECT_EQ(&*b, &shared);
    auto tasks = two();
    std::vector<rondo::outcome<object&>> all = co_await rondo::gather_outcomes(tasks);
    EXPECT_EQ(&all.at(1).value(), &shared);
    rondo::outcome<object&> copy = all[0];
    EXPECT_EQ(&std::move(copy).value(), &shared);
  });
}

TEST(references, through_race_and_time_limits) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = co_await rondo::race(give(), give_late());
    EXPECT_EQ(&a.value().get(), &shared);
    EXPECT_FALSE(b);
    object& c = co_await rondo::wait_for(give_late(), 2s);
    EXPECT_EQ(&c, &shared);
    object& d = co_await rondo::timeout_at(give(), rondo::now() + 2s);
    EXPECT_EQ(&d, &shared);
    std::optional<std::reference_wrapper<object>> e = co_await rondo::move_on_after(give(), 2s);
    EXPECT_EQ(&e.value().get(), &shared);
    auto late = co_await rondo::move_on_after(give_late(), 1ms);
    EXPECT_FALSE(late);
    rondo::cancel_scope scope;
    auto f = co_await scope.run(give());
    EXPECT_EQ(&f.value().get(), &shared);
    std::stop_source stop;
    auto g = co_await rondo::move_on_when(give(), stop.get_token());
    EXPECT_EQ(&g.value().get(), &shared);
  });
}

TEST(references, through_shield_finally_groups_and_handles) {
  test::run_virtual([]() -> rondo::task<> {
    object& a = co_await rondo::shield(give());
    EXPECT_EQ(&a, &shared);
    auto cleanup = []() -> rondo::task<> { co_return; };
    object& b = co_await rondo::finally(give(), cleanup);
    EXPECT_EQ(&b, &shared);
    object& c =
        co_await rondo::with_task_group([](rondo::task_group&) -> object& { return shared; });
    EXPECT_EQ(&c, &shared);
    object& d = co_await rondo::with_task_group([](rondo::task_group& g) -> rondo::task<object&> {
      co_return co_await g.create_task(give());
    });
    EXPECT_EQ(&d, &shared);
    auto h = rondo::create_task(give_late());
    object& e = co_await h;
    EXPECT_EQ(&e, &shared);
    EXPECT_EQ(&h.result(), &shared);
    auto waited = co_await rondo::wait(h);
    EXPECT_EQ(&waited.done.at(0).result(), &shared);
    std::vector<rondo::task_handle<object&>> handles{h};
    rondo::as_completed order(handles);
    auto first = co_await order.next();
    EXPECT_EQ(&first.value().result(), &shared);
    object& f = co_await std::move(h);
    EXPECT_EQ(&f, &shared);
  });
}

TEST(references, through_threads_and_futures) {
  test::run_virtual([]() -> rondo::task<> {
    auto reference = []() -> object& { return shared; };
    object& a = co_await rondo::to_thread(reference);
    EXPECT_EQ(&a, &shared);
    object& b = co_await rondo::to_thread(rondo::abandon_on_cancel, reference);
    EXPECT_EQ(&b, &shared);
    rondo::thread_pool pool({.threads = 1});
    object& c = co_await pool.run(reference);
    EXPECT_EQ(&c, &shared);
    rondo::future<object&> later = co_await pool.submit(reference);
    object& d = co_await later;
    EXPECT_EQ(&d, &shared);
    rondo::promise<object&> p;
    auto f = p.get_future();
    p.set_value(shared);
    object& e = co_await f;
    EXPECT_EQ(&e, &shared);
  });
}

TEST(references, through_run_coroutine_threadsafe) {
  rondo::run([]() -> rondo::task<> {
    rondo::loop_ref loop = rondo::loop::current().ref();
    auto ask = [loop]() -> object& { return rondo::run_coroutine_threadsafe(give(), loop).get(); };
    object& same = co_await rondo::to_thread(ask);
    EXPECT_EQ(&same, &shared);
  });
}

}  // namespace
