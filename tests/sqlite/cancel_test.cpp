// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Cancelling against completing: nobody gets another one's answer, nobody else is stopped.
#include <rondo/sqlite/database.hpp>

#include <random>
#include <ranges>

#include <gtest/gtest.h>
#include <rondo/db.hpp>
#include <rondo/testing/every_allocation.hpp>
#include <rondo/testing/replace_new.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

#if RONDO_SANITIZED
constexpr int races = 10'000;
#else
constexpr int races = 100'000;
#endif

// Each task asks numbered questions, some of which take a while, and gives up on them at random
// moments; between these it asks one that nobody stops.
TEST(sqlite_cancel, no_answer_goes_astray_and_no_innocent_is_stopped) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db",
                                    {.readers = 2, .synchronous = sqlite::synchronous::off});
    co_await db.execute("create table t(task int, n int)");
    int answered = 0, cancelled = 0;
    constexpr int tasks = 32;
    auto work = [&](int task) -> rondo::task<> {
      std::minstd_rand random(static_cast<unsigned>(task) + 1);
      for (int i = 0; i < races / tasks; ++i) {
        int number = task * races + i;
        bool slow = random() % 8 == 0;
        std::string sql = slow ? "with recursive c(x) as (values(1) union all select x + 1 from c "
                                 "where x < 3000) select ? + max(x) * 0 from c"
                               : "select ?";
        rondo::task<int> question =
            random() % 2 ? db.one<int>(sql, number)
                         : db.one<int>("insert into t values(?, ?) returning n", task, number);
        auto time = std::chrono::microseconds(random() % (slow ? 400 : 60));
        auto answer = co_await rondo::move_on_after(std::move(question), time);
        if (answer) {
          ++answered;
          if (*answer != number) ADD_FAILURE() << *answer << " in place of " << number;
        } else {
          ++cancelled;
        }
        if (i % 16 == 0) {
          int innocent = co_await db.one<int>(
              "with recursive c(x) as (values(1) union all select x + 1 from c where x < 2000) "
              "select ? + max(x) * 0 from c",
              number);
          if (innocent != number) ADD_FAILURE() << innocent << " in place of " << number;
        }
      }
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < tasks; ++i) all.push_back(work(i));
    co_await rondo::gather(std::move(all));
    EXPECT_GT(answered, 0);
    EXPECT_GT(cancelled, 0);
    std::printf("%d answered, %d cancelled\n", answered, cancelled);
    co_await db.close();
  });
  EXPECT_EQ(test::sqlite_threads(), 0);
}

// A row that was answered is there, one that was cancelled may be; each at most once.
TEST(sqlite_cancel, transactions_that_are_cancelled_leave_nothing_half_done) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db", {.synchronous = sqlite::synchronous::off});
    co_await db.execute("create table t(n int primary key, part int)");
    constexpr int tasks = 16;
    int committed = 0;
    auto work = [&](int task) -> rondo::task<> {
      std::minstd_rand random(static_cast<unsigned>(task) + 1);
      for (int i = 0; i < races / 100 / tasks; ++i) {
        int number = task * races + i;
        auto body = [&](sqlite::transaction& t) -> rondo::task<> {
          co_await t.execute("insert into t values(?, 1)", number);
          auto nested = [&](sqlite::transaction& n) -> rondo::task<> {
            co_await n.execute("update t set part = 2 where n = ?", number);
          };
          co_await t.transaction(nested);
          co_await t.execute("update t set part = 3 where n = ? and part = 2", number);
        };
        rondo::delay time = std::chrono::microseconds(random() % 4000);
        if (i % 4 == 0) time = 1h;
        if (co_await rondo::move_on_after(db.transaction(body), time)) ++committed;
      }
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < tasks; ++i) all.push_back(work(i));
    co_await rondo::gather(std::move(all));
    EXPECT_EQ(co_await db.one<int>("select count(*) from t where part <> 3"), 0);
    EXPECT_GE(co_await db.one<int>("select count(*) from t"), committed);
    EXPECT_GT(committed, 0);
  });
}

TEST(sqlite_cancel, streams_are_given_up_at_every_moment) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db", {.readers = 2});
    co_await db.execute("create table t(a)");
    co_await db.execute(test::slow_insert(20'000));
    auto work = [&](int task) -> rondo::task<> {
      std::minstd_rand random(static_cast<unsigned>(task) + 1);
      for (int i = 0; i < races / 1000; ++i) {
        auto walk = [&]() -> rondo::task<> {
          auto rows = db.rows<int>("select a from t");
          int n = 0;
          while (auto r = co_await rows.next())
            if (*r != ++n) ADD_FAILURE() << *r << " in place of " << n;
        };
        co_await rondo::move_on_after(walk(), std::chrono::microseconds(random() % 3000));
      }
    };
    co_await rondo::gather(work(1), work(2), work(3), work(4));
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 20'000);
  });
}

TEST(sqlite_cancel, a_statement_ends_soon) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db", {.readers = 1});
    co_await db.execute("create table t(a)");
    auto began = rondo::now();
    co_await rondo::move_on_after(db.query(test::slow_select(test::for_ever)), 5ms);
    co_await rondo::move_on_after(db.execute(test::slow_insert(test::for_ever)), 5ms);
    auto endless = [](sqlite::session& s) {
      for (;;) s.execute("insert into t values(1)");
    };
    co_await rondo::move_on_after(db.run(endless), 5ms);
    auto numbers = std::views::iota(0);
    co_await rondo::move_on_after(db.execute_many("insert into t values(?)", numbers), 5ms);
    EXPECT_LT(rondo::now() - began, 30s);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);
  });
}

TEST(sqlite_cancel, tasks_that_are_left_at_the_end_of_run_are_undone) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = std::make_shared<sqlite::database>(co_await sqlite::open(dir / "t.db"));
    co_await db->execute("create table t(a)");
    auto left = [](std::shared_ptr<sqlite::database> d) -> rondo::task<> {
      auto body = [](sqlite::transaction& t) -> rondo::task<> {
        co_await t.execute("insert into t values(1)");
        co_await rondo::sleep(1h);
      };
      co_await d->transaction(body);
    };
    rondo::create_task(left, db);
    auto slow = [](std::shared_ptr<sqlite::database> d) -> rondo::task<> {
      co_await d->query(test::slow_select(test::for_ever));
    };
    rondo::create_task(slow, db);
    co_await rondo::sleep(5ms);
  });
  EXPECT_EQ(test::sqlite_threads(), 0);
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);
  });
}

// Those of the loop's thread; what fails must be as if it had not been tried.
TEST(sqlite_cancel, memory_may_run_out) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db", {.synchronous = sqlite::synchronous::off});
    co_await db.execute("create table t(a)");
    co_await db.execute(test::slow_insert(20'000));
    co_await db.close();
  });
  rondo::testing::every_allocation([&] {
    test::run([&]() -> rondo::task<> {
      auto db = co_await sqlite::open(dir / "t.db", {.synchronous = sqlite::synchronous::off});
      int n = co_await db.one<int>("select count(*) from t where a > ?", 10);
      EXPECT_EQ(n, 19'990);
      auto body = [](sqlite::transaction& t) -> rondo::task<> {
        co_await t.execute("insert into t values(?)", "a text that needs memory of its own");
        auto nested = [](sqlite::transaction& m) -> rondo::task<> {
          co_await m.execute("delete from t");
          throw std::bad_alloc();
        };
        try {
          co_await t.transaction(nested);
        } catch (const std::bad_alloc&) {
          // undone
        }
        EXPECT_GT(co_await t.one<int>("select count(*) from t"), 20'000);
        co_await t.execute("delete from t where a = ?", "a text that needs memory of its own");
      };
      co_await db.transaction(body);
      auto rows = db.rows<int>("select a from t");
      EXPECT_EQ(co_await rows.next(), 1);
    });
  });
}

}  // namespace
