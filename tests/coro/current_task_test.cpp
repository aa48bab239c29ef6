// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace app {

constexpr int line_of_fetch = __LINE__ + 1;
rondo::task<> fetch(rondo::event& e) { co_await e.wait(); }

template <class T>
rondo::task<T> generic(T value) {
  EXPECT_EQ(rondo::current_task().name(), "app::generic");
  co_return value;
}

struct service {
  rondo::task<std::string> name_of_method() const { co_return rondo::current_task().name(); }
};

}  // namespace app

namespace {

rondo::task<std::string> hidden() { co_return rondo::current_task().name(); }

TEST(current_task, is_the_task_whose_code_runs) {
  EXPECT_FALSE(rondo::current_task());
  EXPECT_THROW(rondo::current_task().cancel(), rondo::usage_error);
  EXPECT_THROW(static_cast<void>(rondo::current_task().name()), rondo::usage_error);
  test::run_virtual([]() -> rondo::task<> {
    rondo::task_ref main = rondo::current_task();
    EXPECT_TRUE(main);
    auto same = [&]() -> rondo::task<bool> { co_return rondo::current_task() == main; };
    bool in_call = co_await same();
    EXPECT_TRUE(in_call) << "a call is in its caller's task";
    auto [in_child] = co_await rondo::gather(same());
    EXPECT_FALSE(in_child);
    EXPECT_TRUE(rondo::current_task() == main);
    bool in_callback = true;
    rondo::call_soon([&] { in_callback = static_cast<bool>(rondo::current_task()); });
    co_await test::turns(1);
    EXPECT_FALSE(in_callback);
  });
}

TEST(current_task, is_named_after_its_coroutine_unless_named) {
  test::run_virtual([]() -> rondo::task<> {
    app::service s;
    auto h = rondo::create_task(s.name_of_method());
    std::string name = co_await h;
    EXPECT_EQ(name, "app::service::name_of_method");
    auto g = rondo::create_task(app::generic(std::string("x")));
    co_await test::ended(g);
    auto hidden_task = rondo::create_task(hidden());
    name = co_await hidden_task;
    EXPECT_EQ(name, "hidden") << "the anonymous namespace is noise";
    auto lambda = [&]() -> rondo::task<> {
      name = rondo::current_task().name();
      co_return;
    };
    auto l = rondo::create_task(lambda());
    co_await l;
    EXPECT_EQ(name.rfind("lambda in ", 0), 0u) << name;
    rondo::current_task().set_name("boss");
    EXPECT_EQ(rondo::current_task().name(), "boss");
  });
}

rondo::task<std::string> of_arguments(const std::string& what) {
  EXPECT_EQ(what, "x");  // it lives as long as this
  co_await rondo::sleep(1s);
  co_return rondo::current_task().name() + what;
}

// Nothing of Rondo's stands between a task and the function that it was given.
TEST(current_task, is_named_after_the_function_that_was_given_with_arguments) {
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(of_arguments, std::string("x"));
    EXPECT_EQ(h.name(), "of_arguments");
    co_await test::turns(1);
    EXPECT_EQ(rondo::format_task_tree().find("rondo::"), std::string::npos)
        << rondo::format_task_tree();
    EXPECT_NE(rondo::format_task_tree().find("of_arguments  waits for sleep"), std::string::npos)
        << rondo::format_task_tree();
    std::string name = co_await h;
    EXPECT_EQ(name, "of_argumentsx");
    EXPECT_EQ(h.name(), "of_arguments") << "after its end";
    std::string in_group, tree;
    auto body = [&](rondo::task_group& group) -> rondo::task<> {
      auto t = group.create_task(of_arguments, "x");
      co_await test::turns(1);
      tree = rondo::format_task_tree();
      in_group = co_await t;
    };
    co_await rondo::with_task_group(body);
    EXPECT_EQ(in_group, "of_argumentsx");
    EXPECT_EQ(tree.find("detail::"), std::string::npos) << tree;
    EXPECT_NE(tree.find("├─ lambda in "), std::string::npos) << tree;
  });
}

// What the function owns dies right after its coroutine, while the task is current.
TEST(current_task, arguments_of_its_function_die_with_its_coroutine) {
  test::journal j;
  struct argument {
    test::journal* to;
    explicit argument(test::journal& journal) : to(&journal) {}
    argument(argument&& other) noexcept : to(std::exchange(other.to, nullptr)) {}
    ~argument() {
      if (!to) return;
      to->say("~argument of " + rondo::current_task().name() +
              (rondo::unwinding() ? ", unwinding" : ""));
    }
  };
  test::run_virtual([&]() -> rondo::task<> {
    auto call = [&](const argument&) -> rondo::task<> {
      test::witness w(j, "frame");
      co_await rondo::sleep(1s);
    };
    auto ends = rondo::create_task(call, argument(j));
    ends.set_name("one that ends");
    co_await test::ended(ends);
    auto cancelled = rondo::create_task(call, argument(j));
    cancelled.set_name("a cancelled one");
    co_await test::turns(1);
    cancelled.cancel();
    co_await test::ended(cancelled);
    j.say("handles are there");
  });
  EXPECT_EQ(j.lines, (test::lines{"~frame", "~argument of one that ends", "~frame",
                                  "~argument of a cancelled one, unwinding", "handles are there"}));
}

RONDO_CORO_WRAPPER rondo::task<> refuses(int) { throw std::runtime_error("no"); }

TEST(current_task, a_function_that_throws_instead_of_making_its_coroutine_makes_no_task) {
  test::run_virtual([]() -> rondo::task<> {
    EXPECT_THROW(rondo::create_task(refuses, 1), std::runtime_error);
    EXPECT_EQ(rondo::all_tasks().size(), 1u);
    co_return;
  });
}

rondo::task<> nest(int n) {
  if (n > 0) {
    co_await rondo::wait_for(nest(n - 1), 1h);
  } else {
    co_await rondo::sleep(1h);
  }
}

// Twice as deep is twice as long, not four times.
TEST(current_task, the_text_of_a_deep_tree_grows_with_its_depth_only) {
  auto length_of = [](int depth) {
    std::size_t length = 0;
    test::run_virtual([&]() -> rondo::task<> {
      auto h = rondo::create_task(nest(depth));
      co_await test::turns(depth + 2);
      std::string tree = rondo::format_task_tree();
      length = tree.size();
      std::string deepest = "[" + std::to_string(depth) + "] └─ nest  waits for sleep";
      EXPECT_NE(tree.find(deepest), tree.npos) << "no '" << deepest << "'";
      // Back from the depths, the next one stands where it belongs.
      auto after = rondo::create_task(nest(0), "after");
      co_await test::turns(1);
      EXPECT_NE(rondo::format_task_tree().find("\n└─ after"), std::string::npos);
    });
    return length;
  };
  std::size_t once = length_of(1000), twice = length_of(2000);
  EXPECT_LT(twice, once * 5 / 2);
}

// Whoever makes a frame go: its task's end, its unwinding, a callee's end.
TEST(current_task, is_the_frames_own_task_in_every_destructor) {
  test::lines names;
  struct names_task {
    test::lines& to;
    explicit names_task(test::lines& l) : to(l) {}
    ~names_task() { to.push_back(rondo::current_task().name()); }
  };
  test::run_virtual([&]() -> rondo::task<> {
    auto callee = [&](std::unique_ptr<names_task>) -> rondo::task<> {
      names_task local(names);
      co_await rondo::sleep(1s);
    };
    auto numbers = [&]() -> rondo::async_generator<int> {
      names_task local(names);
      co_yield 1;
    };
    auto body = [&](std::unique_ptr<names_task>) -> rondo::task<> {
      names_task local(names);
      auto g = numbers();
      auto one = co_await g.next();
      EXPECT_EQ(one, 1);
      auto call = callee(std::make_unique<names_task>(names));
      co_await std::move(call);
    };
    auto ends = rondo::create_task(body(std::make_unique<names_task>(names)), "worker");
    co_await ends;
    co_await test::turns(1);
    EXPECT_EQ(names, test::lines(5, "worker")) << "at its end";
    names.clear();
    auto unwound = rondo::create_task(body(std::make_unique<names_task>(names)), "cancelled");
    co_await test::turns(2);
    unwound.cancel();
    co_await test::turns(2);
    EXPECT_TRUE(unwound.done());
    EXPECT_EQ(names, test::lines(5, "cancelled")) << "while it is unwound";
  });
}

TEST(current_task, all_tasks_lists_parents_before_children) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::event e;
    rondo::current_task().set_name("main");
    auto both = [&]() -> rondo::task<> { co_await rondo::gather(app::fetch(e), e.wait()); };
    auto h = rondo::create_task(both(), "parent");
    co_await test::turns(2);
    std::vector<std::string> names;
    for (rondo::task_ref t : rondo::all_tasks()) names.push_back(t.name());
    EXPECT_EQ(names, (test::lines{"main", "parent", "app::fetch", "event"}));
    e.set();
    co_await h;
    EXPECT_EQ(rondo::all_tasks().size(), 1u);
  });
  EXPECT_TRUE(rondo::all_tasks().empty());
}

TEST(current_task, the_tree_says_what_each_waits_for_and_where) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::event e;
    rondo::current_task().set_name("main");
    auto outer = [&]() -> rondo::task<> { co_await app::fetch(e); };
    auto both = [&]() -> rondo::task<> { co_await rondo::gather(outer(), rondo::sleep(10s)); };
    auto h = rondo::create_task(both(), "parent");
    auto unstarted = rondo::create_task(app::fetch(e), "new");
    std::string tree = rondo::format_task_tree();
    EXPECT_NE(tree.find("new  not started"), tree.npos) << tree;
    co_await test::turns(3);
    tree = rondo::format_task_tree();
    EXPECT_NE(tree.find("├─ main  running"), tree.npos) << tree;
    EXPECT_NE(tree.find("├─ parent  waits for gather"), tree.npos) << tree;
    EXPECT_NE(tree.find("│  ├─ lambda in "), tree.npos) << tree;
    std::string where = "current_task_test.cpp:" + std::to_string(app::line_of_fetch);
    EXPECT_NE(tree.find("waits for event  at app::fetch " + where + " < "), tree.npos) << tree;
    EXPECT_NE(tree.find("│  └─ sleep 10s more"), tree.npos) << tree;
    EXPECT_NE(tree.find("└─ new  waits for event"), tree.npos) << tree;
    EXPECT_NE(tree.find("waits for event  at " + where + "\n"), tree.npos) << tree;
    h.cancel();
    tree = rondo::format_task_tree();
    EXPECT_NE(tree.find("(cancelled)"), tree.npos) << tree;
    e.set();
    co_await unstarted;
  });
  EXPECT_EQ(rondo::format_task_tree(), "no loop runs on this thread\n");
}

}  // namespace
