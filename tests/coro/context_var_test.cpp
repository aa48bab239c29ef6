// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::context_var<std::string> user("user", "nobody");
rondo::context_var<int> depth("depth");

TEST(context_var, has_a_default_or_says_that_it_has_no_value) {
  test::run_virtual([]() -> rondo::task<> {
    EXPECT_EQ(user.get(), "nobody");
    EXPECT_STREQ(user.name(), "user");
    std::string text;
    try {
      static_cast<void>(depth.get());
    } catch (const rondo::usage_error& e) {
      text = e.what();
    }
    EXPECT_NE(text.find("'depth'"), text.npos) << text;
    co_return;
  });
}

TEST(context_var, a_task_sees_what_its_creator_had_then_and_keeps_its_own) {
  test::run_virtual([]() -> rondo::task<> {
    user.set("creator");
    auto body = []() -> rondo::task<> {
      EXPECT_EQ(user.get(), "creator");
      co_await rondo::sleep(1s);
      EXPECT_EQ(user.get(), "creator") << "a later set of the creator came through";
      user.set("child");
      EXPECT_EQ(user.get(), "child");
    };
    auto h = rondo::create_task(body());
    user.set("creator, later");
    co_await h;
    EXPECT_EQ(user.get(), "creator, later") << "the child's set came back";
  });
}

TEST(context_var, children_of_gather_and_groups_inherit_too) {
  test::run_virtual([]() -> rondo::task<> {
    depth.set(1);
    auto child = []() -> rondo::task<int> {
      int inherited = depth.get();
      depth.set(inherited + 1);
      auto grandchild = []() -> rondo::task<int> { co_return depth.get(); };
      auto [v] = co_await rondo::gather(grandchild());
      co_return v;
    };
    auto [a, b] = co_await rondo::gather(child(), child());
    EXPECT_EQ(a, 2);
    EXPECT_EQ(b, 2);
    int in_group = 0;
    auto body = [&](rondo::task_group& tg) {
      auto read = [&]() -> rondo::task<> {
        in_group = depth.get();
        co_return;
      };
      tg.create_task(read);
    };
    co_await rondo::with_task_group(body);
    EXPECT_EQ(in_group, 1);
    EXPECT_EQ(depth.get(), 1);
  });
}

TEST(context_var, a_call_shares_the_values_of_its_caller) {
  test::run_virtual([]() -> rondo::task<> {
    auto call = []() -> rondo::task<> {
      user.set("set by the call");
      co_return;
    };
    co_await call();
    EXPECT_EQ(user.get(), "set by the call");
  });
}

TEST(context_var, reset_gives_back_what_was_before) {
  test::run_virtual([]() -> rondo::task<> {
    auto first = user.set("a");
    auto second = user.set("b");
    user.reset(std::move(second));
    EXPECT_EQ(user.get(), "a");
    user.reset(std::move(first));
    EXPECT_EQ(user.get(), "nobody");
    co_return;
  });
}

TEST(context_var, values_die_with_the_last_task_that_sees_them) {
  static rondo::context_var<test::counted> v("counted");
  test::run_virtual([]() -> rondo::task<> {
    auto body = []() -> rondo::task<> {
      for (int i = 0; i < 100; ++i) v.set(test::counted(i));
      EXPECT_LE(test::counted::alive, 3) << "a loop of sets grows a chain";
      co_await rondo::sleep(1s);
    };
    auto h = rondo::create_task(body());
    co_await h;
  });
  EXPECT_EQ(test::counted::alive, 0);
}

TEST(context_var, is_there_in_destructors_of_a_cancelled_task) {
  std::string seen;
  test::run_virtual([&]() -> rondo::task<> {
    struct reader {
      std::string& to;
      ~reader() { to = user.get(); }
    };
    auto body = [&]() -> rondo::task<> {
      user.set("unwound");
      reader r{seen};
      co_await rondo::sleep(1s);
    };
    auto h = rondo::create_task(body());
    co_await test::turns(1);
    h.cancel();
    co_await test::turns(2);
  });
  EXPECT_EQ(seen, "unwound");
}

}  // namespace

namespace {

rondo::context_var<int> first("first", 0);
rondo::context_var<int> second("second", 0);

std::size_t context_length() {
  auto* c = rondo::detail::current_context();
  return c ? c->size : 0;
}

TEST(context_var, sets_and_resets_do_not_make_it_grow) {
  test::run_virtual([]() -> rondo::task<> {
    for (int i = 0; i < 1000; ++i) {
      auto a = first.set(i);
      auto b = second.set(i);
      second.reset(std::move(b));
      first.reset(std::move(a));
    }
    EXPECT_LE(context_length(), 2u);
    co_return;
  });
}

TEST(context_var, sets_beside_living_tasks_do_not_make_it_grow) {
  test::run_virtual([]() -> rondo::task<> {
    first.set(7);
    // Each child is alive at the next set, as a request at the next one's arrival.
    auto child = [](int i) -> rondo::task<> {
      co_await test::turns(3);
      EXPECT_EQ(second.get(), i);
      EXPECT_EQ(first.get(), 7);
      EXPECT_EQ(context_length(), 2u);
    };
    for (int i = 0; i < 100; ++i) {
      second.set(i);
      rondo::create_task(child, i);
      co_await test::turns(1);
      EXPECT_EQ(context_length(), 2u);
    }
    co_await test::turns(5);
  });
}

TEST(context_var, interleaved_sets_of_several_are_bounded_by_their_number) {
  static rondo::context_var<test::counted> many[8] = {
      rondo::context_var<test::counted>("0"), rondo::context_var<test::counted>("1"),
      rondo::context_var<test::counted>("2"), rondo::context_var<test::counted>("3"),
      rondo::context_var<test::counted>("4"), rondo::context_var<test::counted>("5"),
      rondo::context_var<test::counted>("6"), rondo::context_var<test::counted>("7")};
  test::run_virtual([]() -> rondo::task<> {
    auto child = []() -> rondo::task<> { co_await test::turns(3); };
    for (int i = 0; i < 100; ++i) {
      many[i % 8].set(test::counted(i));
      rondo::create_task(child);
      co_await test::turns(1);
    }
    EXPECT_EQ(context_length(), 8u);
    EXPECT_LE(test::counted::alive, 8 + 4) << "values of ended children are still there";
    for (int i = 0; i < 8; ++i) EXPECT_EQ(many[i].get().value % 8, i);
  });
  EXPECT_EQ(test::counted::alive, 0);
}

TEST(context_var, reset_to_nothing_unbinds_it) {
  test::run_virtual([]() -> rondo::task<> {
    auto t = user.set("somebody");
    EXPECT_EQ(context_length(), 1u);
    auto child = []() -> rondo::task<> {
      EXPECT_EQ(user.get(), "somebody");
      co_await test::turns(2);
      EXPECT_EQ(user.get(), "somebody");
    };
    auto h = rondo::create_task(child);
    co_await test::turns(1);
    user.reset(std::move(t));
    EXPECT_EQ(context_length(), 0u);
    EXPECT_EQ(user.get(), "nobody");
    co_await h;
  });
}

}  // namespace
