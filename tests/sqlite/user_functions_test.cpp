// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/database.hpp>

#include <gtest/gtest.h>
#include <rondo/db.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

TEST(sqlite_functions, take_and_give_what_they_say) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "f.db");
    db.create_function("half", [](std::int64_t n) { return n / 2; });
    db.create_function("shout", [](std::string_view text, std::optional<int> times) {
      std::string made;
      for (int i = times.value_or(1); i > 0; --i) made += std::string(text) + "!";
      return made;
    });
    db.create_function("no_value", [] {});
    db.create_function("calls", [n = 0]() mutable { return ++n; });
    db.create_function("fails", [](int) -> int { throw std::runtime_error("out of luck"); });
    EXPECT_EQ(co_await db.one<int>("select half(?)", 10), 5);
    EXPECT_EQ(co_await db.one<std::string>("select shout('a', null)"), "a!");
    EXPECT_EQ(co_await db.one<std::string>("select shout('a', 3)"), "a!a!a!");
    EXPECT_FALSE(co_await db.one<std::optional<int>>("select no_value()"));
    EXPECT_EQ(co_await db.one<int>("select calls() + calls()"), 3);
    auto text = [](auto o) { return test::error_text(std::move(o)); };
    std::string said = text(co_await rondo::outcome_of(db.one<int>("select fails(1)")));
    EXPECT_TRUE(said.ends_with("select fails(1): fails failed: std::runtime_error: out of luck"))
        << said;
    said = text(co_await rondo::outcome_of(db.one<int>("select half('x')")));
    EXPECT_TRUE(said.find("argument 1, row 1: 'x' is no integer") != said.npos) << said;
    EXPECT_THROW(db.create_function("", [] { return 1; }), rondo::usage_error);
    // On every connection, the writer's and those that are opened later.
    co_await db.execute("create table t(a)");
    co_await db.execute("insert into t values(half(7))");
    auto one = db.rows<int>(
        "with recursive c(x) as (values(1) union all select x + 1 from c "
        "where x < 50000) select half(x) from c");
    auto two = db.rows<int>(
        "with recursive c(x) as (values(1) union all select x + 1 from c "
        "where x < 50000) select half(x) from c");
    EXPECT_EQ(co_await one.next(), 0);
    EXPECT_EQ(co_await two.next(), 0);
  });
}

// SQLite refuses to replace one while a statement of the connection is open.
TEST(sqlite_functions, one_that_is_replaced_while_rows_are_open_comes_behind_them) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "f.db", {.readers = 1});
    auto define = [&](int version) {
      db.create_function("version", [version] { return version; });
    };
    define(1);
    co_await db.execute("create table b(data)");
    co_await db.execute("insert into b values(zeroblob(10))");
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      auto rows = t.rows<int>(
          "with recursive c(x) as (values(1) union all select x + 1 from c where x < 50000) "
          "select version() from c");
      EXPECT_EQ(co_await rows.next(), 1);
      define(2);
      define(3);
      db.create_function("added", [] { return 7; });
      int added = co_await t.one<int>("select added()");
      EXPECT_EQ(added, 7);
      EXPECT_EQ(co_await t.one<int>("select version()"), 1);
      int n = 1;
      while (auto v = co_await rows.next()) {
        EXPECT_EQ(*v, 1);
        ++n;
      }
      EXPECT_EQ(n, 50'000);
      EXPECT_EQ(co_await t.one<int>("select version()"), 3);
    };
    co_await db.transaction(body);
    sqlite::blob b = co_await db.open_blob("b", "data", 1);
    define(4);
    std::string read = co_await b.read(5);
    EXPECT_EQ(read, std::string(5, '\0'));
    b.close();
    EXPECT_EQ(co_await db.one<int>("select version()"), 4);
  });
}

TEST(sqlite_functions, aggregates_see_each_group) {
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(":memory:");
    co_await db.execute_script("create table t(g, a); insert into t values(1,'a'),(1,'b'),(2,'c')");
    db.create_aggregate(
        "joined", std::string(),
        [](std::string& all, const std::string& one, std::string_view by) {
          if (!all.empty()) all += by;
          all += one;
        },
        [](std::string& all) { return all; });
    auto groups =
        co_await db.all<std::string>("select joined(a, '+') from t group by g order by g");
    EXPECT_EQ(groups, (std::vector<std::string>{"a+b", "c"}));
    EXPECT_EQ(co_await db.one<std::string>("select joined(a, '') from t where 0"), "");
    std::string said =
        test::error_text(co_await rondo::outcome_of(db.query("select joined(a, null) from t")));
    EXPECT_TRUE(said.find("joined failed") != said.npos) << said;
  });
}

}  // namespace
