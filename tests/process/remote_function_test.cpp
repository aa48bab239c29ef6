// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/process/executor.hpp>

#include "process/same_name.hpp"
#include "support/async.hpp"

enum class color { red, green };
MSGPACK_ADD_ENUM(color)

static int twice_there(int x) { return x * 2; }

namespace app {

struct point {
  double x = 0;
  std::vector<std::string> tags;
  std::optional<int> weight;
  MSGPACK_DEFINE(x, tags, weight)
  friend bool operator==(const point&, const point&) = default;
};
struct odd_error : std::logic_error {
  using std::logic_error::logic_error;
};

template <class T>
T same(T value) {
  return value;
}
int length(const std::string& text) { return static_cast<int>(text.size()); }
int length(const std::vector<int>& numbers) { return -static_cast<int>(numbers.size()); }
int nothing_calls = 0;
void nothing() noexcept { ++nothing_calls; }
std::string join(const std::string& a, std::string b, int times) {
  std::string s;
  for (; times > 0; --times) s += a + b;
  return s;
}
void fail(const std::string& how) {
  if (how == "invalid_argument") throw std::invalid_argument("not that");
  if (how == "out_of_range") throw std::out_of_range("too far");
  if (how == "bad_alloc") throw std::bad_alloc();
  if (how == "odd") throw odd_error("1 is odd");
  if (how == "int") throw 42;
  if (how == "rondo") throw rondo::usage_error("misused");
}

}  // namespace app

namespace {

using app::point;

/// Runs calls here, over the same bytes as elsewhere.
class in_this_process final : public rondo::executor {
 public:
  std::size_t parallelism() const noexcept override { return 3; }
  std::vector<std::string> names;

 private:
  rondo::task<rondo::packed> execute(const rondo::remote_function& f,
                                     rondo::packed arguments) override {
    names.emplace_back(f.short_name());
    co_return rondo::remote_function::answer(f.name(), arguments);
  }
};

template <class T>
rondo::task<> expect_same(rondo::executor& where, T value) {
  T got = co_await where.call<&app::same<T>>(value);
  EXPECT_TRUE(got == value);
}

TEST(remote_function, carries_values_of_many_types) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    std::vector<int> some{0, 1, -1, 127, -32, 70'000, std::numeric_limits<int>::min()};
    for (int i : some) co_await expect_same(here, i);
    co_await expect_same(here, std::numeric_limits<std::uint64_t>::max());
    co_await expect_same(here, std::numeric_limits<std::int64_t>::min());
    co_await expect_same(here, 0.1);
    co_await expect_same(here, -2.5f);
    co_await expect_same(here, true);
    co_await expect_same(here, 'x');
    co_await expect_same(here, color::green);
    std::string text("with\0nul \xff", 10);
    co_await expect_same(here, text);
    std::vector<int> numbers{1, 2, 3};
    co_await expect_same(here, numbers);
    std::vector<char> bytes(300, '\x80');
    co_await expect_same(here, bytes);
    std::vector<std::vector<std::string>> lines(2, std::vector<std::string>(3, "word"));
    co_await expect_same(here, lines);
    std::map<std::string, std::vector<double>> table;
    table["a"] = std::vector<double>(2, 0.5);
    table["b"];
    co_await expect_same(here, table);
    std::tuple<int, std::string, bool> mixed(1, "two", true);
    co_await expect_same(here, mixed);
    std::optional<int> missing;
    co_await expect_same(here, missing);
    point p;
    p.x = 1.5;
    p.tags.emplace_back("far");
    p.weight = 3;
    co_await expect_same(here, p);
    std::vector<point> points(5, p);
    co_await expect_same(here, points);
  });
}

TEST(remote_function, takes_arguments_by_value_and_const_reference) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    std::string a = "ab";
    std::string joined = co_await here.call<&app::join>(a, "c", 3L);
    EXPECT_EQ(joined, "abcabcabc");
    app::nothing_calls = 0;
    co_await here.call<&app::nothing>();
    EXPECT_EQ(app::nothing_calls, 1);
  });
}

TEST(remote_function, arguments_are_packed_by_the_call_itself) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    std::string a = "before";
    auto call = here.call<&app::join>(a, a, 1);
    a = "after";
    std::string joined = co_await std::move(call);
    EXPECT_EQ(joined, "beforebefore");
  });
}

TEST(remote_function, tells_overloads_apart) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    int text = co_await here.call<static_cast<int (*)(const std::string&)>(&app::length)>("four");
    EXPECT_EQ(text, 4);
    std::vector<int> three(3);
    int numbers =
        co_await here.call<static_cast<int (*)(const std::vector<int>&)>(&app::length)>(three);
    EXPECT_EQ(numbers, -3);
  });
}

TEST(remote_function, has_a_name_for_people) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    co_await here.call<&app::nothing>();
    EXPECT_EQ(here.names.at(0), "app::nothing");
  });
}

TEST(remote_function, two_of_one_name_are_reported_and_not_confused) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    try {
      int got = co_await here.call<&twice_there>(20);
      ADD_FAILURE() << got;
    } catch (const rondo::usage_error& e) {
      EXPECT_NE(std::string(e.what()).find("process_pool::call of twice_there: two files"),
                std::string::npos)
          << e.what();
    }
    try {
      int got = co_await test::call_the_other_twice_there(here);
      ADD_FAILURE() << got;
    } catch (const rondo::usage_error&) {
    }
    EXPECT_TRUE(here.names.empty());
  });
}

template <class E>
rondo::task<> expect_failure(rondo::executor& where, std::string how, std::string what) {
  try {
    co_await where.call<&app::fail>(how);
    ADD_FAILURE() << how;
  } catch (const E& e) {
    EXPECT_STREQ(typeid(e).name(), typeid(E).name());
    EXPECT_EQ(e.what(), what);
  }
}

TEST(remote_function, exceptions_travel) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    co_await here.call<&app::fail>("not at all");
    co_await expect_failure<std::invalid_argument>(here, "invalid_argument", "not that");
    co_await expect_failure<std::out_of_range>(here, "out_of_range", "too far");
    co_await expect_failure<std::bad_alloc>(here, "bad_alloc", "std::bad_alloc");
    co_await expect_failure<rondo::remote_error>(here, "odd", "app::odd_error: 1 is odd");
    co_await expect_failure<rondo::remote_error>(here, "int", "int");
    co_await expect_failure<rondo::remote_error>(here, "rondo", "rondo::usage_error: misused");
    try {
      co_await here.call<&app::fail>("odd");
    } catch (const rondo::remote_error& e) {
      EXPECT_EQ(e.type(), "app::odd_error");
      EXPECT_EQ(e.message(), "1 is odd");
    }
  });
}

TEST(remote_function, map_gives_results_in_order) {
  test::run([]() -> rondo::task<> {
    in_this_process here;
    std::vector<int> numbers{5, 6, 7, 8};
    std::vector<int> got = co_await here.map<&app::same<int>>(numbers);
    EXPECT_EQ(got, numbers);
    std::vector<int> moved = co_await here.map<&app::same<int>>(std::vector<int>(3, 1), 2);
    EXPECT_EQ(moved.size(), 3u);
    std::vector<std::string> none;
    co_await here.map<&app::fail>(none);
    std::vector<std::string> failing{"fine", "int", "fine"};
    try {
      co_await here.map<&app::fail>(failing, 1);
      ADD_FAILURE();
    } catch (const rondo::remote_error&) {
    }
    EXPECT_EQ(here.names.size(), 4u + 3u + 2u);  // nothing was begun after the failure
  });
}

// What comes from elsewhere may be anything.

using rondo::detail::unpacked_array;
using rondo::detail::unpacked_reply;

rondo::packed a_reply() {
  point p;
  p.tags = {"one", "two"};
  return rondo::detail::pack_value(std::vector<point>(2, p));
}

TEST(remote_function, no_truncated_reply_is_taken_for_a_whole_one) {
  rondo::packed whole = a_reply();
  for (std::size_t n = 0; n < whole.size(); ++n)
    EXPECT_THROW(unpacked_reply(whole.substr(0, n)), rondo::unpack_error) << n;
  EXPECT_THROW(unpacked_reply(whole + 'x'), rondo::unpack_error);
  EXPECT_EQ(unpacked_reply(whole).value<std::vector<point>>().size(), 2u);
}

TEST(remote_function, a_changed_reply_is_refused_or_a_value) {
  rondo::packed whole = a_reply();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      rondo::packed changed = whole;
      changed[i] = static_cast<char>(c);
      try {
        unpacked_reply reply(changed);
        static_cast<void>(reply.value<std::vector<point>>());
      } catch (const rondo::unpack_error&) {
      } catch (const rondo::remote_error&) {
      }
    }
  }
}

TEST(remote_function, lengths_that_cannot_be_are_refused_without_memory_for_them) {
  for (const char* claim : {"\xdd", "\xdf", "\xdb", "\xc6", "\xc9"}) {  // array, map, str, bin, ext
    std::string bytes = std::string(claim) + std::string(4, '\xff') + "x";
    EXPECT_THROW(unpacked_array(bytes, 1), rondo::unpack_error);
  }
  std::string nested(100'000, '\x91');
  EXPECT_THROW(unpacked_array(nested, 1), rondo::unpack_error);
}

TEST(remote_function, a_reply_of_another_type_is_refused) {
  rondo::packed text = rondo::detail::pack_value(std::string("text"));
  EXPECT_THROW(static_cast<void>(unpacked_reply(text).value<int>()), rondo::unpack_error);
  rondo::packed big = rondo::detail::pack_value(70'000);
  EXPECT_THROW(static_cast<void>(unpacked_reply(big).value<short>()), rondo::unpack_error);
}

TEST(remote_function, what_cannot_be_called_is_answered_with_an_error) {
  using rondo::remote_function;
  rondo::packed none = remote_function::answer("nosuch", rondo::detail::pack_arguments());
  EXPECT_THROW(unpacked_reply{none}, rondo::remote_error);
  const remote_function& f = rondo::detail::registered_function<&app::join>;
  for (const rondo::packed& arguments :
       {rondo::packed(), rondo::packed("\xc1"), rondo::detail::pack_arguments(std::string("one")),
        rondo::detail::pack_arguments(1, 2, 3)}) {
    try {
      unpacked_reply reply{remote_function::answer(f.name(), arguments)};
      ADD_FAILURE();
    } catch (const rondo::remote_error& e) {
      EXPECT_EQ(e.type(), "rondo::unpack_error") << e.what();
    }
  }
}

}  // namespace
