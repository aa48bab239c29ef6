// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace feed {

rondo::task<> parse() {
  co_await rondo::sleep(1s);
  throw std::runtime_error("bad number");
}
rondo::task<> load() { co_await parse(); }
// In one line, because compilers differ: clang gives the first line of a
// coroutine as its place, g++ 12 the last.
//
rondo::task<> at_once() {
  throw std::runtime_error("at once");
  co_return;
}
rondo::task<> refresh() { co_await rondo::gather(rondo::sleep(5s), rondo::wait_for(load(), 10s)); }
rondo::task<> amain() { co_await refresh(); }
rondo::async_generator<int> numbers() {
  co_yield 1;
  co_await load();
}
rondo::task<> consume() {
  auto g = numbers();
  while (auto n = co_await g.next()) EXPECT_EQ(*n, 1);
}
rondo::task<> deep(int n) {
  if (n == 0) throw std::runtime_error("deep");
  co_await deep(n - 1);
}

}  // namespace feed

namespace {

rondo::run_options debugging() { return {.backend = rondo::backend_kind::sim, .debug = true}; }

// By its name or, with g++, its closing brace.
std::string at_once_place() {
  bool by_name = rondo::detail::place_of_promise == rondo::detail::place_kind::name;
  return std::string(" at async_backtrace_test.cpp:") + (by_name ? "22" : "25");
}

TEST(async_backtrace, goes_through_calls_and_up_the_tree) {
  std::exception_ptr caught;
  try {
    test::run(feed::amain, debugging());
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "bad number");
    caught = std::current_exception();
  }
  EXPECT_EQ(rondo::async_backtrace(caught),
            "  thrown in feed::parse after its co_await at async_backtrace_test.cpp:15\n"
            "  called from feed::load at async_backtrace_test.cpp:18\n"
            "  under wait_for\n"
            "  under gather in feed::refresh at async_backtrace_test.cpp:26\n"
            "  called from feed::amain at async_backtrace_test.cpp:27");
  EXPECT_EQ(rondo::async_backtrace(nullptr), "");
  EXPECT_EQ(rondo::async_backtrace(std::make_exception_ptr(1)), "");
}

TEST(async_backtrace, goes_through_generators_and_groups) {
  std::string trace;
  auto main = [&]() -> rondo::task<> {
    try {
      co_await rondo::with_task_group([](rondo::task_group& g) { g.create_task(feed::consume()); });
    } catch (const std::runtime_error&) {
      trace = rondo::async_backtrace(std::current_exception());
    }
  };
  test::run(main, debugging());
  EXPECT_EQ(
      trace,
      "  thrown in feed::parse after its co_await at async_backtrace_test.cpp:15\n"
      "  called from feed::load at async_backtrace_test.cpp:18\n"
      "  called from feed::numbers at async_backtrace_test.cpp:30\n"
      "  called from feed::consume at async_backtrace_test.cpp:34\n"
      "  under task_group in lambda in async_backtrace_goes_through_generators_and_groups_Test::"
      "TestBody at async_backtrace_test.cpp:75");
}

TEST(async_backtrace, ends_the_report_of_an_exception_that_nobody_asked_for) {
  test::diagnostics said;
  auto main = [&]() -> rondo::task<> {
    said.listen();
    rondo::create_task(feed::load());
    rondo::create_task(feed::at_once());
    co_await rondo::sleep(2s);
  };
  test::run(main, debugging());
  EXPECT_EQ(said.messages,
            (test::lines{
                std::string("task 'feed::at_once' failed before its first co_await (") +
                    rondo::detail::place_word(rondo::detail::place_of_promise) + at_once_place() +
                    ", created at async_backtrace_test.cpp:96) and nobody "
                    "asked for its result: std::runtime_error: at once",
                "task 'feed::load' failed after its co_await at async_backtrace_test.cpp:18 "
                "(created at async_backtrace_test.cpp:95) and nobody "
                "asked for its result: std::runtime_error: bad number\n"
                "  thrown in feed::parse after its co_await at async_backtrace_test.cpp:15\n"
                "  called from feed::load at async_backtrace_test.cpp:18"}));
}

TEST(async_backtrace, of_one_thrown_before_any_await_says_where_that_coroutine_is) {
  std::string trace;
  auto main = [&]() -> rondo::task<> {
    try {
      co_await feed::at_once();
    } catch (const std::runtime_error&) {
      trace = rondo::async_backtrace(std::current_exception());
    }
  };
  test::run(main, debugging());
  EXPECT_EQ(
      trace,
      std::string("  thrown in feed::at_once, ") +
          rondo::detail::place_word(rondo::detail::place_of_promise) + at_once_place() +
          "\n"
          "  called from lambda in async_backtrace_of_one_thrown_before_any_await_says_where_that_"
          "coroutine_is_Test::TestBody at async_backtrace_test.cpp:117");
}

TEST(async_backtrace, is_bounded_in_depth_and_number) {
  std::exception_ptr first, last;
  std::string deepest;
  auto main = [&]() -> rondo::task<> {
    try {
      co_await feed::deep(1'000);
    } catch (const std::runtime_error&) {
      deepest = rondo::async_backtrace(std::current_exception());
    }
    for (int i = 0; i < 65; ++i) {
      try {
        co_await feed::at_once();
      } catch (const std::runtime_error&) {
        last = std::current_exception();
        if (i == 0) first = last;
      }
    }
    EXPECT_EQ(rondo::async_backtrace(first), "");
    EXPECT_NE(rondo::async_backtrace(last), "");
  };
  test::run(main, debugging());
  EXPECT_EQ(std::count(deepest.begin(), deepest.end(), '\n'), 32);
  EXPECT_TRUE(deepest.ends_with("\n  …"));
  auto nothing = []() -> rondo::task<> { co_return; };
  test::run(nothing, debugging());
  EXPECT_EQ(rondo::async_backtrace(last), "") << "the next loop begins anew";
}

TEST(async_backtrace, is_empty_when_nobody_asked_for_it) {
  ::setenv("RONDO_DEBUG", "0", 1);
  std::exception_ptr caught;
  try {
    test::run_virtual(feed::amain);
  } catch (const std::runtime_error&) {
    caught = std::current_exception();
  }
  ::unsetenv("RONDO_DEBUG");
  EXPECT_TRUE(caught);
  EXPECT_EQ(rondo::async_backtrace(caught), "");
}

}  // namespace
