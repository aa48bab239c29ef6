// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Cancellation as a third outcome: what runs, what is destroyed, in which order.
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> leaf(test::journal& j, rondo::delay time) {
  test::witness w(j, "leaf");
  co_await rondo::sleep(time);
  j.say("leaf done");
}

rondo::task<> middle(test::journal& j) {
  test::witness w(j, "middle");
  co_await leaf(j, 10s);
  j.say("middle done");
}

TEST(cancellation, destroys_the_frames_leaf_first_and_throws_nothing) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto outermost = [&]() -> rondo::task<> {
      test::witness w(j, "outermost");
      try {
        co_await middle(j);
      } catch (...) {
        j.say("caught");
      }
      j.say("went on");
    };
    auto h = rondo::create_task(outermost());
    co_await test::turns(2);
    h.cancel();
    EXPECT_TRUE(j.lines.empty()) << "cancel itself ran user code";
    co_await test::turns(2);
    EXPECT_TRUE(h.done());
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"~leaf", "~middle", "~outermost"}));
}

TEST(cancellation, of_oneself_takes_effect_at_the_next_suspension) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto self = [&]() -> rondo::task<> {
      test::witness w(j, "self");
      rondo::current_task().cancel();
      EXPECT_TRUE(rondo::current_task().cancel_requested());
      j.say("still running");
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto h = rondo::create_task(self());
    co_await test::turns(3);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"still running", "~self"}));
}

TEST(cancellation, of_ones_own_handle_takes_effect_at_the_next_suspension) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::task_handle<> h;
    auto self = [&]() -> rondo::task<> {
      test::witness w(j, "self");
      h.cancel();
      j.say("still running");
      co_await test::turns(1);
      j.say("never");
    };
    h = rondo::create_task(self());
    co_await test::turns(3);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"still running", "~self"}));
}

TEST(cancellation, of_oneself_is_forgotten_when_nothing_suspends_after) {
  test::run_virtual([]() -> rondo::task<> {
    auto self = []() -> rondo::task<int> {
      rondo::current_task().cancel();
      co_return 5;
    };
    auto h = rondo::create_task(self());
    int v = co_await h;
    EXPECT_EQ(v, 5);
    EXPECT_FALSE(h.cancelled());
  });
}

TEST(cancellation, of_the_parent_by_a_running_child) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::task_handle<> parent;
    auto child = [&]() -> rondo::task<> {
      test::witness w(j, "child");
      parent.cancel();
      j.say("running");
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "parent");
      co_await rondo::gather(child(), middle(j));
      j.say("never");
    };
    parent = rondo::create_task(body());
    co_await test::turns(8);
    EXPECT_TRUE(parent.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"running", "~child", "~parent"}));
}

TEST(cancellation, before_the_start_runs_nothing_of_the_body) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto h = rondo::create_task(middle(j));
    h.cancel();
    co_await test::turns(3);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_TRUE(j.lines.empty()) << j.lines.front();
}

struct run_on_exit {
  std::function<void()> f;
  ~run_on_exit() { f(); }
};

// A destructor that runs while its task is unwound may cancel others and itself,
// start tasks, set events, release locks.
TEST(cancellation, destructors_may_use_the_loop) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    rondo::lock l;
    auto holds = [&]() -> rondo::task<> {
      auto guard = co_await l.acquire();
      j.say("holds");
      test::witness w(j, "holder");
      co_await rondo::sleep(100s);
    };
    auto wants = [&]() -> rondo::task<> {
      auto guard = co_await l.acquire();
      j.say("got the lock");
    };
    auto waits = [&]() -> rondo::task<> {
      co_await e.wait();
      j.say("event");
    };
    auto holder = rondo::create_task(holds());
    auto wanter = rondo::create_task(wants());
    auto waiter = rondo::create_task(waits());
    rondo::task_handle<> made;
    auto busy = [&]() -> rondo::task<> {
      run_on_exit x{[&] {
        j.say("destructor");
        EXPECT_TRUE(rondo::unwinding());
        EXPECT_TRUE(rondo::current_task());
        holder.cancel();
        rondo::current_task().cancel();
        made = rondo::create_task(leaf(j, 1s));
        e.set();
      }};
      co_await rondo::gather(middle(j), leaf(j, 50s));
    };
    auto h = rondo::create_task(busy());
    co_await test::turns(4);
    h.cancel();
    co_await rondo::wait(test::handles(holder, wanter, waiter, h));
    co_await made;
    EXPECT_TRUE(h.cancelled());
    EXPECT_TRUE(holder.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"holds", "~leaf", "~middle", "~leaf", "destructor", "~holder",
                                  "event", "got the lock", "leaf done", "~leaf"}));
}

TEST(cancellation, a_child_dies_before_the_locals_of_the_one_who_awaits_it) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    struct user {
      test::journal& j;
      const std::string& used;
      ~user() { j.say("uses " + used); }
    };
    auto child = [&](const std::string& text) -> rondo::task<> {
      user u{j, text};
      co_await rondo::sleep(10s);
    };
    auto named = [&]() -> rondo::task<> {
      rondo::task<> t;
      {
        std::string text = "a string that is long enough to live on the heap";
        test::witness w(j, "inner scope");
        t = child(text);
        co_await std::move(t);
      }
    };
    auto h = rondo::create_task(named());
    co_await test::turns(1);
    h.cancel();
    co_await test::turns(2);
  });
  EXPECT_EQ(j.lines,
            (test::lines{"uses a string that is long enough to live on the heap", "~inner scope"}));
}

TEST(cancellation, leaves_std_uncaught_exceptions_alone_and_says_unwinding) {
  int uncaught = -1;
  bool unwinding = false, unwinding_otherwise = true;
  test::run_virtual([&]() -> rondo::task<> {
    EXPECT_FALSE(rondo::unwinding());
    auto body = [&](bool* flag) -> rondo::task<> {
      run_on_exit x{[&uncaught, flag] {
        uncaught = std::uncaught_exceptions();
        *flag = rondo::unwinding();
      }};
      co_await rondo::sleep(1s);
    };
    co_await body(&unwinding_otherwise);
    auto h = rondo::create_task(body(&unwinding));
    co_await test::turns(1);
    h.cancel();
    co_await test::turns(2);
  });
  EXPECT_EQ(uncaught, 0);
  EXPECT_TRUE(unwinding);
  EXPECT_FALSE(unwinding_otherwise);
}

TEST(cancellation, reaches_the_one_who_waits_for_the_task_as_cancelled_error) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto task = rondo::create_task(middle(j));
    auto wait = [&](std::string name) -> rondo::task<> {
      try {
        co_await task;
      } catch (const std::exception&) {
        j.say("a std::exception");
      } catch (const rondo::cancelled_error& e) {
        j.say(name + ": " + e.message());
      }
    };
    auto a = rondo::create_task(wait("a"));
    auto b = rondo::create_task(wait("b"));
    co_await test::turns(3);
    task.cancel("enough");
    co_await rondo::gather(a, b);
  });
  EXPECT_EQ(j.lines, (test::lines{"~leaf", "~middle", "a: enough", "b: enough"}));
}

TEST(cancellation, of_one_who_waits_for_a_task_does_not_reach_the_task) {
  test::run_virtual([]() -> rondo::task<> {
    auto work = []() -> rondo::task<int> {
      co_await rondo::sleep(5s);
      co_return 7;
    };
    auto task = rondo::create_task(work());
    auto wait = [&]() -> rondo::task<int> { co_return co_await task; };
    auto a = rondo::create_task(wait());
    auto b = rondo::create_task(wait());
    co_await test::turns(1);
    a.cancel();
    int v = co_await b;
    EXPECT_EQ(v, 7);
    EXPECT_TRUE(a.cancelled());
    EXPECT_FALSE(task.cancelled());
  });
}

TEST(cancellation, an_operation_begun_by_a_cancelled_task_never_starts) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    q.put_nowait(1);
    auto body = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      co_await q.get();  // would be ready at once
      ADD_FAILURE() << "the operation ran";
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    EXPECT_TRUE(h.cancelled());
    EXPECT_EQ(q.size(), 1u) << "it took the item";
  });
}

TEST(cancellation, a_call_in_a_cancelled_task_runs_to_its_first_suspension) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto plain = [&]() -> rondo::task<int> {
      j.say("called");
      co_return 1;
    };
    auto body = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      int v = co_await plain();  // a call is no suspension
      j.say("got " + std::to_string(v));
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"called", "got 1"}));
}

TEST(cancellation, stays_for_good) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::event e;
    auto body = [&]() -> rondo::task<> {
      co_await rondo::shield(e.wait());
      j.say("after the shield");
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(2);
    h.cancel();
    h.cancel();  // again: no effect
    co_await test::turns(5);
    EXPECT_FALSE(h.done());
    e.set();
    co_await test::turns(5);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"after the shield"}));
}

TEST(cancellation, waits_until_the_operation_has_really_finished) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&](bool wins) -> rondo::task<> {
      test::witness w(j, "body");
      int v = co_await test::kernel_operation(10s, wins);
      j.say("got " + std::to_string(v));
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto loses = rondo::create_task(body(false));
    co_await test::turns(1);
    loses.cancel();
    co_await test::turns(1);
    EXPECT_FALSE(loses.done()) << "destroyed while the kernel still had it";
    co_await test::turns(4);
    EXPECT_TRUE(loses.cancelled());

    auto wins = rondo::create_task(body(true));
    co_await test::turns(1);
    wins.cancel();
    co_await test::turns(6);
    EXPECT_TRUE(wins.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"~body", "got 42", "~body"}));
}

// Completion wins, whatever it was: an exception, too.
TEST(cancellation, a_failure_that_came_before_is_thrown) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::promise<int> p;
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "body");
      try {
        int v = co_await p.get_future();
        j.say("value " + std::to_string(v));
      } catch (const std::runtime_error& e) {
        j.say(e.what());
      }
      co_await rondo::sleep(0s);
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(2);
    p.set_exception(std::make_exception_ptr(std::runtime_error("boom")));
    h.cancel();
    co_await test::turns(3);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"boom", "~body"}));
}

/// Says how often it was asked to stop, and ends when told.
class asked_operation final : public rondo::detail::operation {
 public:
  explicit asked_operation(int& asked) : asked_(asked) {}
  bool begin() noexcept override { return false; }
  bool cancel() noexcept override {
    ++asked_;
    return false;
  }
  void result() const {}
  const char* describe() const noexcept override { return "asked"; }

 private:
  int& asked_;
};

// The walk down the tree stops at what is cancelled already.
TEST(cancellation, asks_an_operation_once) {
  int asked = 0;
  test::run_virtual([&]() -> rondo::task<> {
    asked_operation op(asked);
    rondo::task_handle<> child;
    auto wait = [&]() -> rondo::task<> { co_await op; };
    auto below = [&]() -> rondo::task<> { co_await rondo::gather(wait()); };
    auto group = [&](rondo::task_group& tg) { child = tg.create_task(below()); };
    auto body = [&]() -> rondo::task<> { co_await rondo::with_task_group(group); };
    auto parent = rondo::create_task(body());
    co_await test::turns(5);
    child.cancel();
    EXPECT_EQ(asked, 1);
    parent.cancel();
    child.cancel();
    parent.cancel();
    EXPECT_EQ(asked, 1);
    op.complete_stopped();
    co_await test::ended(parent);
    EXPECT_TRUE(child.cancelled());
    EXPECT_TRUE(parent.cancelled());
  });
}

TEST(cancellation, of_a_task_that_is_done_changes_nothing) {
  test::run_virtual([]() -> rondo::task<> {
    auto work = []() -> rondo::task<int> { co_return 3; };
    auto h = rondo::create_task(work());
    int v = co_await h;
    h.cancel("late");
    EXPECT_FALSE(h.cancelled());
    EXPECT_EQ(v, h.result());
  });
}

TEST(cancellation, of_main_makes_run_throw_cancelled_error) {
  test::journal j;
  bool thrown = false;
  try {
    test::run_virtual([&]() -> rondo::task<> {
      test::witness w(j, "main");
      rondo::current_task().cancel("stop");
      co_await rondo::sleep(1s);
    });
  } catch (const rondo::cancelled_error& e) {
    thrown = true;
    EXPECT_EQ(e.message(), "stop");
  }
  EXPECT_TRUE(thrown);
  EXPECT_EQ(j.lines, (test::lines{"~main"}));
}

TEST(cancellation, at_the_end_of_run_reaches_all_that_is_left_and_waits_for_it) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto slow_to_stop = [&]() -> rondo::task<> {
      test::witness w(j, "slow");
      co_await test::kernel_operation(1000s);
    };
    rondo::create_task(middle(j));
    rondo::create_task(slow_to_stop());
    co_await test::turns(2);
    j.say("main ends");
  });
  EXPECT_EQ(j.lines, (test::lines{"main ends", "~leaf", "~middle", "~slow"}));
}

// A task that a destructor makes while the loop ends is cancelled as well.
TEST(cancellation, at_the_end_of_run_reaches_tasks_made_by_destructors) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      run_on_exit x{[&] { rondo::create_task(middle(j)); }};
      co_await rondo::sleep(1000s);
    };
    rondo::create_task(body);
    co_await test::turns(2);
  });
  EXPECT_TRUE(j.lines.empty()) << j.lines.front();
}

TEST(cancellation_death, a_destructor_that_throws_while_unwinding_terminates) {
  struct thrower {
    ~thrower() noexcept(false) { throw std::runtime_error("from a destructor"); }
  };
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 auto body = []() -> rondo::task<> {
                   thrower t;
                   co_await rondo::sleep(1s);
                 };
                 auto h = rondo::create_task(body());
                 co_await test::turns(1);
                 h.cancel();
                 co_await test::turns(2);
               }),
               "from a destructor|terminat");
}

// A generator that one task is inside of, destroyed by another one.
TEST(cancellation_death, destroying_a_frame_that_waits_aborts_with_the_operations_name) {
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 rondo::event e;
                 auto numbers = [&]() -> rondo::async_generator<int> { co_await e.wait(); };
                 std::optional<rondo::async_generator<int>> g(numbers());
                 auto consume = [&]() -> rondo::task<> {
                   auto item = co_await g->next();
                   EXPECT_FALSE(item);
                 };
                 auto h = rondo::create_task(consume(), "careless");
                 co_await test::turns(1);
                 g.reset();
               }),
               "operation 'event' of task 'careless' was destroyed while in flight");
}

TEST(cancellation_death, destroying_an_operation_in_flight_aborts_with_the_task) {
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 rondo::event e;
                 auto op = std::make_unique<decltype(e.wait())>(e.wait());
                 auto body = [&]() -> rondo::task<> { co_await *op; };
                 auto h = rondo::create_task(body(), "careless");
                 co_await test::turns(1);
                 op.reset();
               }),
               "of task 'careless' was destroyed while in flight");
}

}  // namespace
