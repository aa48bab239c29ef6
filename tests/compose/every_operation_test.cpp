// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Every operation: begun by a cancelled task, cancelled in flight, and cancelled
// just before and just after its completion in the same turn. Nothing is lost,
// nothing leaks, and what had completed is delivered.
//
// A subject is one operation: use() awaits it and notes in `got` what it gave,
// complete() makes it complete, left() says what is left behind. The scenarios know
// no more of it, and are compiled once, not for each.
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

struct subject {
  virtual ~subject() = default;
  virtual rondo::task<> prepare() { co_return; }
  virtual rondo::task<> use() = 0;
  virtual void complete() = 0;
  virtual void clean_up() {}
  virtual std::string left() { return {}; }

  std::string got;
  // What left() says while the operation has not taken effect, and after it has.
  std::string untouched, taken;
  // Cancelled in flight it ends by itself, as soon as it completes: shields.
  bool waits_for_completion = false;
  // It completes some turns after complete(), so a cancellation in the same turn
  // finds it waiting.
  bool indirect = false;
};

struct event_wait : subject {
  rondo::event e;
  rondo::task<> use() override {
    co_await e.wait();
    got = "set";
  }
  void complete() override { e.set(); }
};

struct lock_acquire : subject {
  rondo::lock l;
  std::optional<rondo::lock::guard> held;
  lock_acquire() { untouched = taken = "free"; }
  rondo::task<> prepare() override { held.emplace(co_await l.acquire()); }
  rondo::task<> use() override {
    auto guard = co_await l.acquire();
    got = guard.holds() ? "locked" : "?";
    co_await rondo::sleep(0s);
  }
  void complete() override { held.reset(); }
  std::string left() override { return l.locked() ? "held" : "free"; }
};

struct semaphore_acquire : subject {
  rondo::semaphore s{0};
  semaphore_acquire() { untouched = taken = "1 free"; }
  rondo::task<> use() override {
    auto permit = co_await s.acquire();
    got = "permit";
    co_await rondo::sleep(0s);
  }
  void complete() override { s.release(); }
  std::string left() override { return s.locked() ? "none free" : "1 free"; }
};

struct condition_wait : subject {
  rondo::condition c;
  condition_wait() {
    untouched = taken = "free";
    indirect = true;
  }
  rondo::task<> use() override {
    auto guard = co_await c.acquire();
    co_await c.wait(guard);
    got = guard.holds() ? "notified" : "?";
    co_await rondo::sleep(0s);
  }
  void complete() override { rondo::create_task(notify()); }
  rondo::task<> notify() {
    auto guard = co_await c.acquire();
    c.notify();
  }
  std::string left() override { return c.locked() ? "held" : "free"; }
};

struct barrier_wait : subject {
  rondo::barrier b{2};
  rondo::task_handle<std::size_t> other;
  barrier_wait() {
    untouched = "other waits";
    taken = "open";
    indirect = true;
  }
  rondo::task<> use() override {
    std::size_t i = co_await b.wait();
    got = std::to_string(i);
  }
  void complete() override { other = rondo::create_task(b.wait()); }
  void clean_up() override {
    if (other) other.cancel();
  }
  std::string left() override { return b.n_waiting() ? "other waits" : "open"; }
};

struct queue_get : subject {
  rondo::queue<test::counted> q;
  queue_get() {
    untouched = "1 item";
    taken = "0 items";
  }
  rondo::task<> use() override {
    test::counted item = co_await q.get();
    got = std::to_string(item.value);
  }
  void complete() override { q.put_nowait(test::counted(7)); }
  std::string left() override {
    return std::to_string(q.size()) + (q.size() == 1 ? " item" : " items");
  }
};

struct queue_put : subject {
  rondo::queue<test::counted> q{1};
  queue_put() {
    untouched = "0 items";
    taken = "1 item";
    q.put_nowait(test::counted(1));
  }
  rondo::task<> use() override {
    co_await q.put(test::counted(2));
    got = "put";
  }
  void complete() override { EXPECT_EQ(q.get_nowait().value, 1); }
  std::string left() override {
    return std::to_string(q.size()) + (q.size() == 1 ? " item" : " items");
  }
};

struct queue_join : subject {
  rondo::queue<int> q;
  queue_join() { q.put_nowait(1); }
  rondo::task<> use() override {
    co_await q.join();
    got = "joined";
  }
  void complete() override { q.task_done(); }
};

struct channel_receive : subject {
  rondo::channel<test::counted> c{1};
  channel_receive() {
    untouched = "1 item";
    taken = "0 items";
  }
  rondo::task<> use() override {
    auto item = co_await c.receive();
    got = std::to_string(item->value);
  }
  void complete() override { EXPECT_TRUE(c.try_send(test::counted(7))); }
  std::string left() override {
    return std::to_string(c.size()) + (c.size() == 1 ? " item" : " items");
  }
};

struct channel_send : subject {
  rondo::channel<test::counted> c{1};
  channel_send() {
    untouched = "0 items";
    taken = "1 item";
    c.try_send(test::counted(1));
  }
  rondo::task<> use() override {
    co_await c.send(test::counted(2));
    got = "sent";
  }
  void complete() override { EXPECT_EQ(c.try_receive()->value, 1); }
  std::string left() override {
    return std::to_string(c.size()) + (c.size() == 1 ? " item" : " items");
  }
};

struct future_await : subject {
  rondo::promise<int> p;
  rondo::task<> use() override {
    int v = co_await p.get_future();
    got = std::to_string(v);
  }
  void complete() override { p.set_value(3); }
};

/// For what needs something to wait for: a task that ends with an event.
struct with_task : subject {
  rondo::event e;
  rondo::task_handle<int> h;
  rondo::task<int> work() {
    co_await e.wait();
    co_return 5;
  }
  rondo::task<> prepare() override {
    h = rondo::create_task(work());
    co_await test::turns(1);
  }
  void complete() override { e.set(); }
  with_task() {
    indirect = true;
    untouched = taken = "task done";
  }
  void clean_up() override { e.set(); }
  std::string left() override { return h.done() && !h.cancelled() ? "task done" : "task lost"; }
};

struct handle_await : with_task {
  rondo::task<> use() override {
    int v = co_await h;
    got = std::to_string(v);
  }
};

struct wait_tasks : with_task {
  rondo::task<> use() override {
    auto r = co_await test::ended(h);
    got = std::to_string(r.done.size());
  }
};

struct wait_tasks_with_limit : with_task {
  rondo::task<> use() override {
    auto r = co_await rondo::wait(test::handles(h), rondo::return_when::first_completed, 100s);
    got = std::to_string(r.done.size());
  }
};

struct as_completed_next : with_task {
  std::unique_ptr<rondo::as_completed<int>> order;
  rondo::task<> prepare() override {
    co_await with_task::prepare();
    order = std::make_unique<rondo::as_completed<int>>(test::handles(h));
  }
  rondo::task<> use() override {
    auto next = co_await order->next();
    got = next ? "one" : "end";
  }
};

/// For combinators: they host a queue's get.
using with_queue = queue_get;

struct gather_get : with_queue {
  rondo::task<> use() override {
    auto [item] = co_await rondo::gather(q.get());
    got = std::to_string(item.value);
  }
};

struct gather_range_get : with_queue {
  rondo::task<test::counted> one() { co_return co_await q.get(); }
  rondo::task<> use() override {
    std::vector<rondo::task<test::counted>> all;
    all.push_back(one());
    auto items = co_await rondo::gather(all);
    got = std::to_string(items.at(0).value);
  }
};

struct race_get : with_queue {
  rondo::task<> use() override {
    auto [item, never] = co_await rondo::race(q.get(), rondo::sleep(1000s));
    got = never ? "?" : std::to_string(item->value);
  }
};

struct wait_for_get : with_queue {
  rondo::task<> use() override {
    test::counted item = co_await rondo::wait_for(q.get(), 1000s);
    got = std::to_string(item.value);
  }
};

struct move_on_after_get : with_queue {
  rondo::task<> use() override {
    auto item = co_await rondo::move_on_after(q.get(), 1000s);
    got = std::to_string((*item).value);
  }
};

struct scope_get : with_queue {
  rondo::cancel_scope scope{1000s};
  rondo::task<> use() override {
    auto item = co_await scope.run(q.get());
    got = std::to_string((*item).value);
  }
};

struct outcome_get : with_queue {
  rondo::task<> use() override {
    auto item = co_await rondo::outcome_of(q.get());
    got = std::to_string((*item).value);
  }
};

struct outcomes_get : with_queue {
  rondo::task<> use() override {
    auto [item] = co_await rondo::gather_outcomes(q.get());
    got = std::to_string((*item).value);
  }
};

struct shield_get : with_queue {
  shield_get() { waits_for_completion = true; }
  rondo::task<> use() override {
    test::counted item = co_await rondo::shield(q.get());
    got = std::to_string(item.value);
  }
};

struct finally_get : with_queue {
  rondo::task<> use() override {
    auto clean = []() -> rondo::task<> { co_await test::turns(1); };
    test::counted item = co_await rondo::finally(q.get(), clean);
    got = std::to_string(item.value);
  }
};

struct generator_next : with_queue {
  rondo::async_generator<int> numbers() {
    while (true) {
      test::counted item = co_await q.get();
      co_yield item.value;
    }
  }
  rondo::task<> use() override {
    auto g = numbers();
    auto n = co_await g.next();
    got = std::to_string(n.value_or(-1));
  }
};

struct nested : with_queue {
  rondo::task<> use() override {
    auto [item, never] =
        co_await rondo::race(rondo::wait_for(rondo::gather(q.get()), 1000s), rondo::sleep(1000s));
    got = never ? "?" : std::to_string(std::get<0>(*item).value);
  }
};

/// A kind of subject, and its name.
struct kind {
  const char* name;
  std::unique_ptr<subject> (*make)();
};
template <class S>
constexpr kind of(const char* name) {
  return {name, []() -> std::unique_ptr<subject> { return std::make_unique<S>(); }};
}

class every_operation : public testing::TestWithParam<kind> {
 protected:
  /// Starts the operation, lets act(subject, handle) happen while it waits, and
  /// then check.
  template <class Act, class Check>
  void in_flight(Act act, Check check) {
    run([&](subject& s) -> rondo::task<> {
      auto h = rondo::create_task(body(s));
      co_await test::turns(6);
      EXPECT_FALSE(h.done()) << "the operation did not wait";
      EXPECT_EQ(s.got, "");
      act(s, h);
      co_await test::turns(20);
      check(s, h);
      h.cancel();
      if (!h.done()) s.complete();
      co_await test::ended(h);
    });
  }

  template <class Scenario>
  void run(Scenario scenario) {
    test::run_virtual([&]() -> rondo::task<> {
      std::unique_ptr<subject> s = GetParam().make();
      co_await s->prepare();
      co_await scenario(*s);
      s->clean_up();
      co_await test::turns(10);
    });
    EXPECT_EQ(test::counted::alive, 0) << "leaked, or destroyed twice";
    EXPECT_FALSE(went_on_ && !may_go_on_) << "a cancelled task went on after a suspension";
  }

  rondo::task<> body(subject& s, bool cancelled = false) {
    struct on_exit {
      bool& flag;
      explicit on_exit(bool& f) : flag(f) {}
      ~on_exit() { flag = true; }
    } ended(ended_);
    if (cancelled) rondo::current_task().cancel();
    co_await s.use();
    co_await rondo::sleep(0s);
    went_on_ = true;
  }

  void expect_not_taken(subject& s, rondo::task_handle<>& h) {
    EXPECT_TRUE(h.cancelled());
    EXPECT_EQ(s.got, "") << "delivered to a task that was cancelled before";
    EXPECT_EQ(s.left(), s.untouched) << "lost by the cancellation";
  }
  void expect_delivered(subject& s, rondo::task_handle<>& h) {
    EXPECT_TRUE(h.cancelled());
    EXPECT_NE(s.got, "") << "it had completed before the cancellation";
    EXPECT_EQ(s.left(), s.taken);
  }

  bool went_on_ = false;
  bool may_go_on_ = false;
  bool ended_ = false;  // the body's frame is gone
};

INSTANTIATE_TEST_SUITE_P(
    all, every_operation,
    testing::Values(of<event_wait>("event_wait"), of<lock_acquire>("lock_acquire"),
                    of<semaphore_acquire>("semaphore_acquire"),
                    of<condition_wait>("condition_wait"), of<barrier_wait>("barrier_wait"),
                    of<queue_get>("queue_get"), of<queue_put>("queue_put"),
                    of<queue_join>("queue_join"), of<channel_receive>("channel_receive"),
                    of<channel_send>("channel_send"), of<future_await>("future_await"),
                    of<handle_await>("handle_await"), of<wait_tasks>("wait_tasks"),
                    of<wait_tasks_with_limit>("wait_tasks_with_limit"),
                    of<as_completed_next>("as_completed_next"), of<gather_get>("gather_get"),
                    of<gather_range_get>("gather_range_get"), of<race_get>("race_get"),
                    of<wait_for_get>("wait_for_get"), of<move_on_after_get>("move_on_after_get"),
                    of<scope_get>("scope_get"), of<outcome_get>("outcome_get"),
                    of<outcomes_get>("outcomes_get"), of<shield_get>("shield_get"),
                    of<finally_get>("finally_get"), of<generator_next>("generator_next"),
                    of<nested>("nested")),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(every_operation, completes) {
  may_go_on_ = true;
  in_flight([](subject& s, rondo::task_handle<>&) { s.complete(); },
            [](subject& s, rondo::task_handle<>& h) {
              EXPECT_TRUE(h.done());
              EXPECT_FALSE(h.cancelled());
              EXPECT_NE(s.got, "");
              EXPECT_EQ(s.left(), s.taken);
            });
}

TEST_P(every_operation, begun_by_a_cancelled_task_never_starts) {
  run([this](subject& s) -> rondo::task<> {
    s.complete();  // it would be ready at once
    co_await test::turns(6);
    auto h = rondo::create_task(body(s, true));
    co_await test::turns(10);
    expect_not_taken(s, h);
    co_await test::ended(h);
  });
}

TEST_P(every_operation, cancelled_in_flight) {
  in_flight(
      [this](subject& s, rondo::task_handle<>& h) {
        int alive = test::counted::alive;
        h.cancel();
        EXPECT_FALSE(ended_ || h.done()) << "cancel itself destroyed a frame";
        EXPECT_EQ(s.got, "") << "cancel itself resumed";
        EXPECT_EQ(test::counted::alive, alive);
      },
      [](subject& s, rondo::task_handle<>& h) {
        if (s.waits_for_completion) {
          EXPECT_FALSE(h.done()) << "left behind what it has to wait for";
          return;
        }
        EXPECT_TRUE(h.cancelled()) << rondo::format_task_tree();
        EXPECT_EQ(s.got, "");
      });
}

TEST_P(every_operation, that_was_cancelled_in_flight_takes_nothing_later) {
  run([this](subject& s) -> rondo::task<> {
    auto h = rondo::create_task(body(s));
    co_await test::turns(6);
    h.cancel();
    co_await test::turns(6);
    s.complete();
    co_await test::turns(10);
    if (s.waits_for_completion) {
      expect_delivered(s, h);
    } else {
      expect_not_taken(s, h);
    }
    co_await test::ended(h);
  });
}

TEST_P(every_operation, cancelled_just_before_its_completion) {
  in_flight(
      [](subject& s, rondo::task_handle<>& h) {
        h.cancel();
        s.complete();
      },
      [this](subject& s, rondo::task_handle<>& h) {
        if (s.waits_for_completion) {
          expect_delivered(s, h);
        } else {
          expect_not_taken(s, h);
        }
      });
}

TEST_P(every_operation, cancelled_just_after_its_completion) {
  in_flight(
      [](subject& s, rondo::task_handle<>& h) {
        s.complete();
        h.cancel();
      },
      [this](subject& s, rondo::task_handle<>& h) {
        if (s.indirect) {
          expect_not_taken(s, h);
        } else {
          expect_delivered(s, h);
        }
      });
}

// The same for sleeping, whose completion is a matter of time: two timers of one
// moment expire in the order of their arming.
TEST(every_operation_sleep, that_expired_first_completes_in_spite_of_the_cancellation) {
  test::run_virtual([]() -> rondo::task<> {
    bool woke = false;
    auto body = [&]() -> rondo::task<> {
      co_await rondo::sleep(1s);
      woke = true;
      co_await rondo::sleep(1s);
      ADD_FAILURE() << "went on";
    };
    auto h = rondo::create_task(body());
    co_await test::turns(1);
    rondo::scheduled cancel = rondo::call_later(1s, [&] { h.cancel(); });
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    EXPECT_TRUE(woke);
  });
}

TEST(every_operation_sleep, cancelled_in_the_turn_in_which_it_would_expire) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::task_handle<> h;
    auto body = [&]() -> rondo::task<> { co_await rondo::sleep(2s); };
    h = rondo::create_task(body());
    co_await test::turns(1);
    co_await rondo::sleep(1s);
    h.cancel();
    h.cancel();
    auto begin = rondo::now();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    EXPECT_EQ(rondo::now(), begin) << "a cancelled sleep is over at once";
  });
}

}  // namespace
