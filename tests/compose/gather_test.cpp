// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// The standard library's views return tasks without being coroutines, which
// clang refuses while its lifetime analysis is on.
#undef RONDO_LIFETIME_CHECKS

#include <memory>
#include <ranges>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<int> after(rondo::delay time, int value) {
  co_await rondo::sleep(time);
  co_return value;
}

rondo::task<> fail_after(rondo::delay time, std::string text) {
  co_await rondo::sleep(time);
  throw std::runtime_error(text);
}

rondo::task<> cancels_itself() {
  rondo::current_task().cancel();
  co_await rondo::sleep(0s);
}

rondo::task<> stays(test::journal& j, std::string name) {
  test::witness w(j, name);
  co_await rondo::sleep(1000s);
}

TEST(gather, runs_all_at_once_and_gives_their_results_in_order) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    auto [a, b, c] = co_await rondo::gather(after(3s, 1), after(1s, 2), after(2s, 3));
    EXPECT_EQ(a * 100 + b * 10 + c, 123);
    EXPECT_EQ(rondo::now() - begin, 3s);
  });
}

TEST(gather, gives_none_in_the_place_of_a_void_one) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b, c] = co_await rondo::gather(after(1s, 1), rondo::sleep(1s), after(1s, 3));
    static_assert(std::is_same_v<decltype(b), rondo::none_t>);
    EXPECT_EQ(b, rondo::none);
    EXPECT_EQ(a + c, 4);
    using nothing = decltype(rondo::gather(rondo::sleep(1s), rondo::sleep(1s)).result());
    static_assert(std::is_void_v<nothing>);
    co_await rondo::gather(rondo::sleep(1s), rondo::sleep(1s));
    co_await rondo::gather();
  });
}

TEST(gather, first_failure_cancels_the_others_waits_for_them_and_is_thrown) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto begin = rondo::now();
    auto shielded = [&]() -> rondo::task<> {
      co_await rondo::shield(rondo::sleep(3s));
      j.say("shield done");
      co_await rondo::sleep(100s);
      j.say("never");
    };
    try {
      co_await rondo::gather(stays(j, "a"), fail_after(1s, "boom"), shielded(), stays(j, "b"));
    } catch (const std::runtime_error& e) {
      j.say(e.what());
    }
    EXPECT_EQ(rondo::now() - begin, 3s);
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "~b", "shield done", "boom"}));
}

TEST(gather, further_failures_go_to_the_exception_handler) {
  test::diagnostics d;
  test::run_virtual([&]() -> rondo::task<> {
    d.listen();
    auto stubborn = []() -> rondo::task<> {
      co_await rondo::shield(rondo::sleep(2s));
      throw std::logic_error("second");
    };
    std::string text;
    try {
      co_await rondo::gather(fail_after(1s, "first"), stubborn());
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "first");
  });
  EXPECT_EQ(d.kinds, (std::vector{rondo::problem::exception_not_retrieved}));
  EXPECT_TRUE(d.mentions("std::logic_error: second")) << d.messages.front();
}

TEST(gather, throws_cancelled_error_when_a_child_cancelled_itself) {
  test::run_virtual([]() -> rondo::task<> {
    bool thrown = false;
    try {
      co_await rondo::gather(cancels_itself(), rondo::sleep(1s));
    } catch (const rondo::cancelled_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(gather, cancelled_cancels_its_children_and_waits_for_them) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto kernel = [&]() -> rondo::task<> {
      test::witness w(j, "kernel");
      co_await test::kernel_operation(100s);
    };
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "parent");
      co_await rondo::gather(kernel(), stays(j, "a"));
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "~kernel", "~parent"}));
}

TEST(gather, whose_children_have_all_completed_delivers_in_spite_of_a_cancellation) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::event e;
    bool got = false;
    auto body = [&]() -> rondo::task<> {
      auto wait = [&]() -> rondo::task<int> {
        co_await e.wait();
        co_return 1;
      };
      auto [a, b] = co_await rondo::gather(wait(), wait());
      got = a + b == 2;
      co_await rondo::sleep(0s);
      ADD_FAILURE() << "went on after its next suspension";
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    e.set();
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(got);
    EXPECT_TRUE(h.cancelled());
  });
}

TEST(gather, takes_handles_futures_and_operations) {
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(after(1s, 1));
    rondo::promise<int> p;
    p.set_value(2);
    rondo::queue<int> q;
    q.put_nowait(3);
    auto [a, b, c] = co_await rondo::gather(h, p.get_future(), q.get());
    EXPECT_EQ(a * 100 + b * 10 + c, 123);
  });
}

TEST(gather, of_a_handle_does_not_cancel_its_task) {
  test::run_virtual([]() -> rondo::task<> {
    auto h = rondo::create_task(after(5s, 1));
    try {
      co_await rondo::gather(h, fail_after(1s, "boom"));
    } catch (const std::runtime_error&) {
    }
    int v = co_await h;
    EXPECT_EQ(v, 1);
  });
}

TEST(gather, gives_references_and_what_cannot_be_copied) {
  test::run_virtual([]() -> rondo::task<> {
    int x = 1;
    auto ref = [&]() -> rondo::task<int&> { co_return x; };
    auto own = []() -> rondo::task<std::unique_ptr<int>> { co_return std::make_unique<int>(2); };
    auto [r, p] = co_await rondo::gather(ref(), own());
    EXPECT_EQ(&r, &x);
    EXPECT_EQ(*p, 2);
  });
}

TEST(gather, of_a_range_gives_a_vector_in_order) {
  test::run_virtual([]() -> rondo::task<> {
    std::vector<rondo::task<int>> all;
    for (int i = 0; i < 5; ++i) all.push_back(after(std::chrono::seconds(5 - i), i));
    std::vector<int> got = co_await rondo::gather(all);
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4}));
    std::vector<rondo::task<int>> none;
    got = co_await rondo::gather(none);
    EXPECT_TRUE(got.empty());
    std::vector<rondo::task_handle<int>> handles;
    for (int i = 0; i < 3; ++i) handles.push_back(rondo::create_task(after(1s, i)));
    got = co_await rondo::gather(handles);
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2}));
  });
}

TEST(gather, with_a_limit_fetches_the_tasks_lazily) {
  test::run_virtual([]() -> rondo::task<> {
    int made = 0, running = 0, most = 0, finished = 0;
    auto work = [&](int i) -> rondo::task<int> {
      most = std::max(most, ++running);
      co_await rondo::sleep(1s);
      --running;
      ++finished;
      co_return i* i;
    };
    auto begin = rondo::now();
    auto make = [&](int i) {
      ++made;
      EXPECT_LE(made - finished, 3) << "made long before it could start";
      return work(i);
    };
    auto range = std::views::iota(0, 9) | std::views::transform(make);
    std::vector<int> got = co_await rondo::gather(range, 3);
    EXPECT_EQ(most, 3);
    EXPECT_EQ(made, 9) << "an element was fetched twice";
    EXPECT_EQ(got, (std::vector<int>{0, 1, 4, 9, 16, 25, 36, 49, 64}));
    EXPECT_EQ(rondo::now() - begin, 3s);
  });
}

TEST(gather, a_limit_of_0_is_refused) {
  test::run_virtual([]() -> rondo::task<> {
    std::vector<int> none;
    auto work = [](int) -> rondo::task<int> { co_return 1; };
    std::string what;
    try {
      co_await rondo::gather(none | std::views::transform(work), 0);
    } catch (const rondo::usage_error& e) {
      what = e.what();
    }
    EXPECT_EQ(what, "gather: a limit of 0 lets nothing run");
    try {
      co_await rondo::gather_outcomes(none | std::views::transform(work), 0);
    } catch (const rondo::usage_error& e) {
      what = e.what();
    }
    EXPECT_EQ(what, "gather_outcomes: a limit of 0 lets nothing run");
  });
}

TEST(gather, of_a_range_stops_fetching_at_the_first_failure) {
  test::run_virtual([]() -> rondo::task<> {
    int made = 0;
    auto make = [&](int i) {
      ++made;
      return fail_after(1s, "boom " + std::to_string(i));
    };
    auto range = std::views::iota(0, 9) | std::views::transform(make);
    std::string text;
    try {
      co_await rondo::gather(range, 1);
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "boom 0");
    EXPECT_EQ(made, 1);
  });
}

TEST(gather, of_a_range_throws_what_fetching_throws_after_the_others_have_ended) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto make = [&](int i) {
      if (i == 2) throw std::out_of_range("no such element");
      return stays(j, std::to_string(i));
    };
    auto range = std::views::iota(0, 9) | std::views::transform(make);
    try {
      co_await rondo::gather(range);
    } catch (const std::out_of_range& e) {
      j.say(e.what());
    }
    auto at_once = std::views::iota(2, 9) | std::views::transform(make);
    try {
      co_await rondo::gather(at_once);
    } catch (const std::out_of_range& e) {
      j.say(e.what());
    }
    // Here already begin() throws: it looks for the first element.
    auto refuse = [](int) -> bool { throw std::domain_error("no begin"); };
    auto keep = [&](int i) { return stays(j, std::to_string(i)); };
    auto no_begin =
        std::views::iota(0, 9) | std::views::filter(refuse) | std::views::transform(keep);
    try {
      co_await rondo::gather(no_begin);
    } catch (const std::domain_error& e) {
      j.say(e.what());
    }
  });
  EXPECT_EQ(j.lines, (test::lines{"no such element", "no such element", "no begin"}))
      << "the first two had not started: nothing to destroy";
}

// Not all of the range has run, so there is no complete result to deliver.
TEST(gather, of_a_range_cancelled_between_two_elements_does_not_deliver_a_part) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::event e;
    std::size_t delivered = 0;
    auto body = [&]() -> rondo::task<> {
      auto wait = [&](int i) -> rondo::task<int> {
        co_await e.wait();
        co_return i;
      };
      auto range = std::views::iota(0, 3) | std::views::transform(wait);
      std::vector<int> got = co_await rondo::gather(range, 1);
      delivered = got.size();
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    e.set();
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
    EXPECT_EQ(delivered, 0u) << "a part was delivered as if it were the whole";
  });
}

TEST(gather, of_a_range_outcomes_cancelled_between_two_elements_does_not_deliver_a_part) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::event e;
    std::size_t delivered = 0;
    auto body = [&]() -> rondo::task<> {
      auto wait = [&](int i) -> rondo::task<int> {
        co_await e.wait();
        co_return i;
      };
      auto range = std::views::iota(0, 3) | std::views::transform(wait);
      auto got = co_await rondo::gather_outcomes(range, 1);
      delivered = got.size();
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    e.set();
    h.cancel();
    co_await test::ended(h);
    EXPECT_EQ(delivered, 0u) << "a part was delivered as if it were the whole";
  });
}

/// Cannot be moved a third time.
struct brittle {
  int moves = 0;
  brittle() = default;
  brittle(brittle&& o) : moves(o.moves + 1) {
    if (moves > 2) throw std::length_error("moving failed");
  }
};

TEST(gather, of_a_range_throws_what_moving_a_result_throws) {
  test::run_virtual([]() -> rondo::task<> {
    auto make = []() -> rondo::task<brittle> { co_return brittle(); };
    std::vector<rondo::task<brittle>> all;
    all.push_back(make());
    bool thrown = false;
    try {
      auto got = co_await rondo::gather(all);
      EXPECT_EQ(got.size(), 0u) << "moved often enough, and nothing was thrown";
    } catch (const std::length_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(gather_outcomes, lets_all_end_and_says_how) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    auto [a, b, c] =
        co_await rondo::gather_outcomes(after(2s, 1), fail_after(1s, "boom"), cancels_itself());
    EXPECT_EQ(rondo::now() - begin, 2s) << "a failure cancelled the others";
    EXPECT_TRUE(a.has_value());
    EXPECT_EQ(*a, 1);
    EXPECT_TRUE(b.has_error());
    EXPECT_THROW(static_cast<void>(b.value()), std::runtime_error);
    EXPECT_TRUE(c.cancelled());
    EXPECT_THROW(static_cast<void>(c.value()), rondo::cancelled_error);
  });
}

TEST(gather_outcomes, of_a_range) {
  test::run_virtual([]() -> rondo::task<> {
    auto make = [](int i) -> rondo::task<int> {
      co_await rondo::sleep(1s);
      if (i == 1) throw std::runtime_error("odd one");
      co_return i;
    };
    auto range = std::views::iota(0, 3) | std::views::transform(make);
    auto all = co_await rondo::gather_outcomes(range, 2);
    EXPECT_EQ(all.size(), 3u);
    EXPECT_TRUE(all[0] && !all[1] && all[2]);
    EXPECT_EQ(*all[2], 2);
  });
}

TEST(outcome_of, gives_all_three_endings_instead_of_throwing) {
  test::run_virtual([]() -> rondo::task<> {
    auto value = co_await rondo::outcome_of(after(1s, 1));
    auto error = co_await rondo::outcome_of(fail_after(1s, "boom"));
    auto cancelled = co_await rondo::outcome_of(cancels_itself());
    EXPECT_TRUE(value.has_value() && error.has_error() && cancelled.cancelled());
    EXPECT_EQ(rondo::describe(error.exception()), "std::runtime_error: boom");
  });
}

TEST(outcome_of, does_not_swallow_the_cancellation_of_its_own_task) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      auto o = co_await rondo::outcome_of(stays(j, "inner"));
      j.say(o.cancelled() ? "swallowed" : "?");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"~inner"}));
}

TEST(race, gives_the_first_and_cancels_the_others) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto begin = rondo::now();
    auto [a, b, c] = co_await rondo::race(after(2s, 1), after(1s, 2), stays(j, "c"));
    EXPECT_EQ(rondo::now() - begin, 1s);
    EXPECT_FALSE(a);
    EXPECT_EQ(b, 2);
    static_assert(std::is_same_v<decltype(c), std::optional<rondo::none_t>>);
    EXPECT_FALSE(c);
  });
  EXPECT_EQ(j.lines, (test::lines{"~c"}));
}

TEST(race, gives_all_that_completed) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q, p;
    q.put_nowait(1);
    p.put_nowait(2);
    auto [a, b] = co_await rondo::race(q.get(), p.get());
    int items = (a ? 1 : 0) + (b ? 1 : 0) + static_cast<int>(q.size() + p.size());
    EXPECT_EQ(items, 2) << "an item was lost";
    EXPECT_TRUE(a);
    auto [x, y] = co_await rondo::race(test::kernel_operation(10s, true), rondo::sleep(1s));
    EXPECT_EQ(x, 42) << "completed in spite of being cancelled";
    EXPECT_TRUE(y);
  });
}

TEST(race, throws_a_failure_and_cancels_the_others) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    try {
      auto [a, b] = co_await rondo::race(stays(j, "a"), fail_after(1s, "boom"));
      EXPECT_FALSE(a || b);
    } catch (const std::runtime_error& e) {
      j.say(e.what());
    }
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "boom"}));
}

TEST(race, goes_on_when_one_cancels_itself_and_throws_when_all_do) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = co_await rondo::race(cancels_itself(), after(1s, 1));
    EXPECT_FALSE(a);
    EXPECT_EQ(b, 1);
    bool thrown = false;
    try {
      auto [x, y] = co_await rondo::race(cancels_itself(), cancels_itself());
      EXPECT_FALSE(x || y);
    } catch (const rondo::cancelled_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

TEST(race, cancelled_cancels_all) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::task<> {
      test::witness w(j, "parent");
      auto [a, b] = co_await rondo::race(stays(j, "a"), stays(j, "b"));
      EXPECT_FALSE(a || b);
      j.say("never");
    };
    auto h = rondo::create_task(body());
    co_await test::turns(3);
    h.cancel();
    co_await test::ended(h);
  });
  EXPECT_EQ(j.lines, (test::lines{"~a", "~b", "~parent"}));
}

}  // namespace
