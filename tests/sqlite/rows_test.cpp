// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/database.hpp>

#include <gtest/gtest.h>
#include <rondo/db.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

rondo::task<sqlite::database> open_with_rows(std::string path, int rows,
                                             sqlite::open_options o = {}) {
  auto db = co_await sqlite::open(std::move(path), o);
  co_await db.execute("create table t(a)");
  co_await db.execute(test::slow_insert(rows));
  co_return db;
}

TEST(sqlite_rows, come_all_and_in_order) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 100'000);
    auto rows = db.rows<int>("select a from t where a > ? order by a", 10);
    int last = 10;
    while (auto n = co_await rows.next()) {
      if (*n != last + 1) ADD_FAILURE() << *n << " behind " << last;
      last = *n;
    }
    EXPECT_EQ(last, 100'000);
    EXPECT_FALSE(co_await rows.next());
  });
}

TEST(sqlite_rows, show_the_moment_at_which_they_began_while_others_write) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 50'000);
    auto rows = db.rows<std::pair<int, int>>("select rowid, a from t");
    int seen = 0;
    while (auto r = co_await rows.next()) {
      EXPECT_EQ(r->first, r->second);
      if (++seen % 10'000 != 1) continue;
      EXPECT_EQ(co_await db.execute("update t set a = -a where rowid > 49000"), 1000u);
    }
    EXPECT_EQ(seen, 50'000);
  });
}

TEST(sqlite_rows, given_up_they_free_their_reader) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 50'000, {.readers = 1});
    for (int i = 0; i < 5; ++i) {
      auto rows = db.rows<int>("select a from t");
      EXPECT_EQ(co_await rows.next(), 1);
    }
    // Also when a value does not fit, or the statement fails.
    auto wrong = db.rows<std::string>("select a from t");
    EXPECT_THROW(co_await wrong.next(), rondo::db::conversion_error);
    auto bad = db.rows<int>("select a from t union all select abs(-9223372036854775807 - 1)");
    int seen = 0;
    std::string said;
    try {
      while (co_await bad.next()) ++seen;
    } catch (const sqlite::error& e) {
      said = e.what();
    }
    EXPECT_TRUE(said.ends_with("integer overflow")) << said << " behind " << seen;
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 50'000);
    auto change = db.rows<int>("delete from t returning a");
    EXPECT_THROW(co_await change.next(), sqlite::error);
  });
}

TEST(sqlite_rows, the_row_in_an_error_counts_from_the_beginning) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 30'000);
    co_await db.execute("insert into t values('x')");
    auto rows = db.rows<int>("select a from t");
    try {
      bool more = true;
      while (more) more = (co_await rows.next()).has_value();
      ADD_FAILURE() << "no error";
    } catch (const rondo::db::conversion_error& e) {
      EXPECT_EQ(e.row(), 30'001u) << e.what();
    }
  });
}

TEST(sqlite_rows, more_streams_than_readers_take_turns) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 20'000, {.readers = 2});
    auto walk = [&]() -> rondo::task<> {
      auto rows = db.rows<int>("select a from t");
      int n = 0;
      while (co_await rows.next()) ++n;
      EXPECT_EQ(n, 20'000);
    };
    co_await rondo::gather(walk(), walk(), walk(), walk(), walk());
  });
}

// They hold all readers and each wants one more.
TEST(sqlite_rows, whose_readers_ask_more_do_not_wait_for_each_other) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 20'000, {.readers = 3});
    int threads = 0;
    auto walk = [&]() -> rondo::task<> {
      auto rows = db.rows<int>("select a from t");
      int n = 0;
      while (co_await rows.next()) {
        if (++n % 5000 != 0) continue;
        auto inner = db.rows<int>("select a from t");
        for (int i = 1; i <= 10; ++i) EXPECT_EQ(co_await inner.next(), i);
        EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 20'000);
        threads = std::max(threads, test::sqlite_threads());
      }
      EXPECT_EQ(n, 20'000);
    };
    auto all = rondo::gather(walk(), walk(), walk(), walk(), walk(), walk(), walk());
    co_await rondo::wait_for(std::move(all), 60s);
    // The writer, the readers, and one each for those who hold one and who hold two.
    EXPECT_EQ(threads, 1 + 3 + 2);
  });
}

TEST(sqlite_rows, many_below_one_that_is_open_take_turns) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 20'000, {.readers = 3});
    int threads = 0;
    auto below = [&]() -> rondo::task<> {
      auto rows = db.rows<int>("select a from t");
      co_await rows.next();
      EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 20'000);
      threads = std::max(threads, test::sqlite_threads());
    };
    auto outer = [&]() -> rondo::task<> {
      auto rows = db.rows<int>("select a from t");
      co_await rows.next();
      std::vector<rondo::task<>> all;
      for (int i = 0; i < 20; ++i) all.push_back(below());
      co_await rondo::gather(std::move(all));
    };
    co_await rondo::wait_for(rondo::gather(outer(), outer(), outer(), outer()), 60s);
    EXPECT_LE(threads, 1 + 3 + 2);
  });
}

TEST(sqlite_rows, of_a_transaction_see_its_changes) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_rows(dir / "t.db", 20'000);
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(20001)");
      auto rows = t.rows<int>("select a from t");
      auto others = t.rows<int>("select a from t");
      int n = 0;
      while (auto r = co_await rows.next()) {
        EXPECT_EQ(*r, ++n);
        if (n % 5000 != 0) continue;
        EXPECT_EQ(co_await others.next(), n / 5000);
      }
      EXPECT_EQ(n, 20'001);
    };
    co_await db.transaction(body);
  });
}

TEST(sqlite_rows, a_next_that_is_cancelled_stops_the_statement) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db", {.readers = 1});
    auto rows = db.rows<int>(test::slow_select(test::for_ever));
    co_await rondo::move_on_after(rows.next(), 5ms);
    rows = {};
    EXPECT_EQ(co_await db.one<int>("select 1"), 1);
  });
}

TEST(sqlite_rows, a_reader_that_stays_open_is_reported) {
  folder dir;
  test::diagnostics told;
  // In virtual time the statements' threads are waited for.
  test::run_virtual([&]() -> rondo::task<> {
    told.listen();
    auto db = co_await open_with_rows(dir / "t.db", 50'000);
    auto rows = db.rows<int>("select a from t");
    co_await rows.next();
    co_await rondo::sleep(59s);
    EXPECT_TRUE(told.messages.empty());
    co_await rondo::sleep(2s);
    EXPECT_TRUE(told.mentions("rows of select a from t have been open for 60s"));
    auto soon = db.rows<int>("select a from t");
    co_await soon.next();
    soon = {};
    co_await rondo::sleep(100s);
    EXPECT_EQ(told.messages.size(), 1u);
  });
}

}  // namespace
