// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> stays(test::journal& j, std::string name) {
  test::witness w(j, name);
  co_await rondo::sleep(1000s);
}

rondo::task<int> after(rondo::delay time, int value) {
  co_await rondo::sleep(time);
  co_return value;
}

rondo::task<> fail_after(rondo::delay time, std::string text) {
  co_await rondo::sleep(time);
  throw std::runtime_error(text);
}

TEST(task_group, waits_for_all_its_tasks) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    rondo::task_handle<int> a, b;
    co_await rondo::with_task_group([&](rondo::task_group& tg) {
      a = tg.create_task(after(1s, 1), "first");
      b = tg.create_task(after(3s, 2));
      EXPECT_EQ(a.name(), "first");
    });
    EXPECT_EQ(rondo::now() - begin, 3s);
    EXPECT_EQ(a.result() + b.result(), 3);
  });
}

TEST(task_group, body_may_be_a_coroutine_and_give_a_value) {
  test::run_virtual([]() -> rondo::task<> {
    int v = co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<int> {
      auto h = tg.create_task(after(1s, 4));
      co_return 1 + co_await h;
    });
    EXPECT_EQ(v, 5);
    v = co_await rondo::with_task_group([](rondo::task_group&) { return 6; });
    EXPECT_EQ(v, 6);
  });
}

TEST(task_group, tasks_may_create_more_tasks_in_it) {
  int done = 0;
  test::run_virtual([&]() -> rondo::task<> {
    struct spawner {
      static rondo::task<> run(rondo::task_group& tg, int depth, int& done) {
        co_await rondo::sleep(1s);
        if (depth > 0) {
          tg.create_task(run(tg, depth - 1, done));
          tg.create_task(run(tg, depth - 1, done));
        }
        ++done;
      }
    };
    co_await rondo::with_task_group(
        [&](rondo::task_group& tg) { tg.create_task(spawner::run(tg, 3, done)); });
  });
  EXPECT_EQ(done, 15);
}

TEST(task_group, first_failure_cancels_the_rest_and_is_thrown_when_all_have_ended) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    try {
      co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
        tg.create_task(stays(j, "a"));
        tg.create_task(fail_after(1s, "boom"));
        co_await stays(j, "body");
      });
    } catch (const std::runtime_error& e) {
      j.say(e.what());
    }
  });
  EXPECT_EQ(j.lines.size(), 3u);
  EXPECT_EQ(j.lines.back(), "boom");
}

TEST(task_group, failure_of_the_body_cancels_the_tasks) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    try {
      co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
        tg.create_task(stays(j, "a"));
        co_await rondo::sleep(1s);
        throw std::logic_error("body");
      });
    } catch (const std::logic_error& e) {
      j.say(e.what());
    }
    try {
      co_await rondo::with_task_group([&](rondo::task_group& tg) {
        tg.create_task(stays(j, "never started"));
        throw std::logic_error("plain body");
      });
    } catch (const std::logic_error& e) {
      j.say(e.what());
    }
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "body", "plain body"}));
}

TEST(task_group, further_failures_go_to_the_exception_handler) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto stubborn = []() -> rondo::task<> {
      co_await rondo::shield(rondo::sleep(2s));
      throw std::logic_error("second");
    };
    std::string text;
    try {
      co_await rondo::with_task_group([&](rondo::task_group& tg) {
        tg.create_task(fail_after(1s, "first"));
        tg.create_task(stubborn());
      });
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "first");
  });
  EXPECT_EQ(d.kinds, (std::vector{rondo::problem::exception_not_retrieved}));
  EXPECT_TRUE(d.mentions("std::logic_error: second")) << d.messages.front();
}

TEST(task_group, ignores_a_task_that_was_cancelled_alone) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
      auto h = tg.create_task(stays(j, "a"));
      tg.create_task([]() -> rondo::task<> {
        rondo::current_task().cancel();
        co_await rondo::sleep(0s);
      });
      co_await rondo::sleep(1s);
      h.cancel();
    });
    j.say("went on");
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "went on"}));
}

TEST(task_group, cancels_itself_on_request_and_returns_as_if_it_had_ended) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
      tg.create_task(stays(j, "a"));
      co_await rondo::sleep(1s);
      tg.cancel();
      tg.create_task(stays(j, "never started"));  // a cancelled group stays cancelled
      co_await rondo::sleep(0s);
      j.say("never");
    });
    j.say("went on");
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "went on"}));
}

TEST(task_group, cancelled_cancels_all_and_waits_for_them) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto kernel = [&]() -> rondo::task<> {
      test::witness w(j, "kernel");
      co_await test::kernel_operation(100s);
    };
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "parent");
      co_await rondo::with_task_group([&](rondo::task_group& tg) {
        tg.create_task(stays(j, "a"));
        tg.create_task(kernel());
      });
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(4);
    h.cancel();
    co_await test::ended(h);
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "~kernel", "~parent"}));
}

TEST(task_group, refuses_tasks_once_it_has_ended) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    rondo::event e;
    bool refused = false;
    rondo::task_group* group = nullptr;
    // Posted before the group's end wakes its owner: the group is still there.
    auto late = [&] {
      try {
        group->create_task(rondo::sleep(1s));
      } catch (const rondo::usage_error&) {
        refused = true;
      }
    };
    co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
      group = &tg;
      co_await rondo::sleep(1s);
      rondo::call_soon(late);
    });
    co_await test::turns(1);
    EXPECT_TRUE(refused);
  });
}

TEST(task_group, keeps_its_closures_alive) {
  test::run_virtual([]() -> rondo::task<> {
    int sum = 0;
    auto body = [&sum, text = std::string("a text that is too long for a small string")](
                    rondo::task_group& tg) -> rondo::task<> {
      for (int i = 0; i < 3; ++i) {
        auto add = [&sum, text, i]() -> rondo::task<> {
          co_await rondo::sleep(1s);
          sum += i + static_cast<int>(text.size());
        };
        tg.create_task(add);
      }
      co_await rondo::sleep(0s);
      sum += static_cast<int>(text.size());
    };
    co_await rondo::with_task_group(body);
    EXPECT_EQ(sum, 3 + 4 * 42);
  });
}

// --- what the body declares is gone before the group's tasks

rondo::task<> produce(rondo::queue<int>& q) {
  co_await rondo::sleep(1h);
  co_await q.put(1);
}
rondo::task<> keep(std::string text, const int* number) {
  co_await rondo::sleep(0s);
  EXPECT_EQ(text, "a text") << (number ? *number : 0);
}

/// What is reported of a group with this body. The tasks are cancelled before they run.
template <class Body>
std::string reported_of(Body body) {
  std::string reported;
  auto main = [&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler([&](const rondo::diagnostic& d) {
      EXPECT_EQ(d.kind, rondo::problem::dangling_reference) << d.message;
      reported += d.message;
    });
    co_await rondo::with_task_group(body);
  };
  test::run(main, {.backend = rondo::backend_kind::sim, .debug = true});
  return reported;
}

TEST(task_group, says_in_debug_mode_that_a_task_refers_to_a_local_of_the_body) {
  std::string said = reported_of([](rondo::task_group& group) -> rondo::task<> {
    rondo::queue<int> q;
    group.create_task(produce(q));
    co_await rondo::sleep(0s);
    group.cancel();
  });
  EXPECT_EQ(
      said,
      "task 'produce' refers to a local of the body of its task group, and the body has ended "
      "before it; declare outside of the group what its tasks use");
  said = reported_of([](rondo::task_group& group) -> rondo::task<> {
    int local = 1;
    auto use = [&]() -> rondo::task<> {
      co_await rondo::sleep(1h);
      ++local;
    };
    group.create_task(use);
    co_await rondo::sleep(0s);
    group.cancel();
    ++local;
  });
  EXPECT_NE(said.find("refers to a local"), said.npos) << said;
  if (RONDO_SANITIZED) return;  // locals of a plain function are not on the stack there
  said = reported_of([](rondo::task_group& group) {
    rondo::queue<int> q;
    group.create_task(produce(q));
    group.cancel();
  });
  EXPECT_NE(said.find("task 'produce' refers to a local"), said.npos) << said;
}

TEST(task_group, says_nothing_of_what_outlives_the_tasks) {
  rondo::queue<int> outside;
  std::string said = reported_of([&](rondo::task_group& group) -> rondo::task<> {
    std::string text = "a text";
    int number = 1;
    group.create_task(produce(outside));
    group.create_task(keep(text, nullptr));
    group.create_task(keep, text, nullptr);
    // It ends before the body does.
    auto awaited = group.create_task(keep(std::move(text), &number));
    co_await awaited;
    ++number;
  });
  EXPECT_EQ(said, "");
  said = reported_of([&](rondo::task_group& group) {
    group.create_task(produce(outside));
    group.create_task(
        [](std::string owned) -> rondo::task<> {
          co_await rondo::sleep(0s);
          EXPECT_EQ(owned, "owned");
        },
        std::string("owned"));
  });
  EXPECT_EQ(said, "");
}

}  // namespace
