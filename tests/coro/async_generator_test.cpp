// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

rondo::async_generator<int> count(int n, test::journal& j) {
  test::witness w(j, "generator");
  for (int i = 0; i < n; ++i) {
    co_await rondo::sleep(1s);
    co_yield i;
  }
}

TEST(async_generator, yields_values_with_awaits_between_them) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto numbers = count(3, j);
    std::string seen;
    while (auto n = co_await numbers.next()) seen += std::to_string(*n);
    EXPECT_EQ(seen, "012");
    auto more = co_await numbers.next();
    EXPECT_FALSE(more) << "the end stays the end";
  });
  EXPECT_EQ(j.lines, (test::lines{"~generator"}));
}

TEST(async_generator, runs_only_while_somebody_awaits_next) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto body = [&]() -> rondo::async_generator<int> {
      j.say("begins");
      co_yield 1;
      j.say("goes on");
    };
    auto g = body();
    co_await test::turns(2);
    j.say("asks");
    auto one = co_await g.next();
    EXPECT_EQ(one, 1);
    co_await test::turns(2);
    j.say("asks again");
    auto end = co_await g.next();
    EXPECT_FALSE(end);
  });
  EXPECT_EQ(j.lines, (test::lines{"asks", "begins", "asks again", "goes on"}));
}

TEST(async_generator, can_be_left_early) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    {
      auto numbers = count(100, j);
      auto first = co_await numbers.next();
      EXPECT_EQ(first, 0);
      j.say("enough");
    }
    j.say("after");
  });
  EXPECT_EQ(j.lines, (test::lines{"enough", "~generator", "after"}));
}

TEST(async_generator, throws_what_its_body_throws_and_ends) {
  test::run_virtual([]() -> rondo::task<> {
    auto body = []() -> rondo::async_generator<int> {
      co_yield 1;
      throw std::runtime_error("broken");
    };
    auto g = body();
    auto one = co_await g.next();
    EXPECT_EQ(one, 1);
    std::string text;
    try {
      auto two = co_await g.next();
      EXPECT_FALSE(two);
    } catch (const std::runtime_error& e) {
      text = e.what();
    }
    EXPECT_EQ(text, "broken");
    auto end = co_await g.next();
    EXPECT_FALSE(end);
  });
}

TEST(async_generator, yields_what_cannot_be_copied) {
  test::run_virtual([]() -> rondo::task<> {
    auto body = []() -> rondo::async_generator<std::unique_ptr<int>> {
      co_yield std::make_unique<int>(1);
      auto named = std::make_unique<int>(2);
      co_yield std::move(named);
    };
    auto g = body();
    int sum = 0;
    while (auto p = co_await g.next()) sum += **p;
    EXPECT_EQ(sum, 3);
  });
}

TEST(async_generator, yields_a_copy_of_a_constant) {
  test::run_virtual([]() -> rondo::task<> {
    const std::vector<std::string> words{"a word that is too long for a small string", "b"};
    auto body = [&]() -> rondo::async_generator<std::string> {
      for (const std::string& w : words) co_yield w;
    };
    auto g = body();
    std::vector<std::string> got;
    while (auto w = co_await g.next()) got.push_back(*w);
    EXPECT_EQ(got, words);
  });
}

TEST(async_generator, leaves_a_variable_that_it_yields_as_it_is) {
  test::run_virtual([]() -> rondo::task<> {
    auto body = []() -> rondo::async_generator<std::string> {
      std::string line = "a line that is too long for a small string";
      co_yield line;
      co_yield line + "!";
    };
    auto g = body();
    auto first = co_await g.next();
    auto second = co_await g.next();
    EXPECT_EQ(second, *first + "!") << "the consumer took the variable away";
  });
}

TEST(async_generator, cancelled_inside_of_next_dies_before_the_locals_of_its_consumer) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto consume = [&]() -> rondo::task<> {
      auto numbers = count(100, j);
      test::witness after(j, "declared after the generator");
      while (auto n = co_await numbers.next()) j.say(std::to_string(*n));
    };
    auto h = rondo::create_task(consume());
    co_await rondo::sleep(2500ms);
    h.cancel();
    co_await test::turns(2);
    EXPECT_TRUE(h.cancelled());
  });
  EXPECT_EQ(j.lines, (test::lines{"0", "1", "~generator", "~declared after the generator"}));
}

TEST(async_generator, cancelled_between_two_values_dies_with_its_owner) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto consume = [&]() -> rondo::task<> {
      auto numbers = count(100, j);
      test::witness after(j, "declared after the generator");
      auto first = co_await numbers.next();
      EXPECT_EQ(first, 0);
      co_await rondo::sleep(100s);
    };
    auto h = rondo::create_task(consume());
    co_await rondo::sleep(2s);
    h.cancel();
    co_await test::turns(2);
  });
  EXPECT_EQ(j.lines, (test::lines{"~declared after the generator", "~generator"}));
}

TEST(async_generator, of_somebody_else_ends_when_a_consumer_is_cancelled_inside) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto numbers = count(100, j);
    auto first = co_await rondo::wait_for(numbers.next(), 5s);
    EXPECT_EQ(first, 0);
    bool timed_out = false;
    try {
      auto none = co_await rondo::wait_for(numbers.next(), 500ms);
      EXPECT_FALSE(none);
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(j.lines, (test::lines{"~generator"}));
    auto end = co_await numbers.next();
    EXPECT_FALSE(end);
  });
}

TEST(async_generator, awaits_calls_and_other_generators) {
  test::run_virtual([]() -> rondo::task<> {
    test::journal j;
    auto twice = [&](rondo::async_generator<int> in) -> rondo::async_generator<int> {
      while (auto n = co_await in.next()) {
        co_yield *n;
        co_yield *n;
      }
    };
    auto g = twice(count(2, j));
    std::string seen;
    while (auto n = co_await g.next()) seen += std::to_string(*n);
    EXPECT_EQ(seen, "0011");
  });
}

TEST(async_generator, default_constructed_is_at_its_end) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::async_generator<int> g;
    auto end = co_await g.next();
    EXPECT_FALSE(end);
  });
}

TEST(async_generator, refuses_a_second_consumer_and_serves_the_first) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    auto numbers = count(3, j);
    std::string seen;
    auto consume = [&]() -> rondo::task<> {
      while (auto n = co_await numbers.next()) seen += std::to_string(*n);
    };
    auto first = rondo::create_task(consume());
    co_await rondo::sleep(500ms);
    for (int i = 0; i < 2; ++i) {
      std::string refusal;
      try {
        auto n = co_await numbers.next();
        EXPECT_FALSE(n);
      } catch (const rondo::usage_error& e) {
        refusal = e.what();
      }
      EXPECT_EQ(refusal, "async_generator::next: another task waits in it; one consumer at a time");
    }
    auto limited = co_await rondo::outcome_of(numbers.next());
    EXPECT_TRUE(limited.has_error());
    co_await first;
    EXPECT_EQ(seen, "012");
  });
  EXPECT_EQ(j.lines, (test::lines{"~generator"}));
}

TEST(async_generator, refuses_to_await_itself) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::async_generator<int> g;
    auto body = [&]() -> rondo::async_generator<int> {
      auto n = co_await g.next();
      co_yield *n;
    };
    g = body();
    bool refused = false;
    try {
      auto n = co_await g.next();
      EXPECT_FALSE(n);
    } catch (const rondo::usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(async_generator_death, a_destructor_that_throws_when_it_is_left_early_terminates) {
  struct thrower {
    ~thrower() noexcept(false) { throw std::runtime_error("from a destructor"); }
  };
  EXPECT_DEATH(test::run_virtual([]() -> rondo::task<> {
                 auto body = []() -> rondo::async_generator<int> {
                   thrower t;
                   co_yield 1;
                 };
                 auto g = body();
                 auto one = co_await g.next();
                 EXPECT_EQ(one, 1);
               }),
               "from a destructor|terminat");
}

}  // namespace
