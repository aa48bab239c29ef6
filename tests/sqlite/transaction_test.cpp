// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/transaction.hpp>

#include <gtest/gtest.h>
#include <rondo/sqlite.hpp>
#include <rondo/testing/wait_until_all_blocked.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

rondo::task<sqlite::database> open_with_table(std::string path, sqlite::open_options o = {}) {
  o.synchronous = sqlite::synchronous::off;
  auto db = co_await sqlite::open(std::move(path), o);
  co_await db.execute("create table if not exists t(a)");
  co_return db;
}

TEST(sqlite_transaction, commits_on_return_and_undoes_on_exceptions) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto good = [&](sqlite::transaction& t) -> rondo::task<int> {
      co_await t.execute("insert into t values(1)");
      EXPECT_EQ(co_await t.one<int>("select count(*) from t"), 1);
      EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);  // not yet for others
      co_return 42;
    };
    EXPECT_EQ(co_await db.transaction(good), 42);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
    auto bad = [](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(2)");
      throw std::runtime_error("not enough money");
    };
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(db.transaction(bad))),
              "not enough money");
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
    co_await db.execute("insert into t values(3)");
  });
}

TEST(sqlite_transaction, nested_ones_are_undone_alone) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      auto inner = [](sqlite::transaction& n) -> rondo::task<int> {
        co_await n.execute("insert into t values(2)");
        auto innermost = [](sqlite::transaction& m) -> rondo::task<> {
          co_await m.execute("insert into t values(3)");
          throw std::runtime_error("innermost");
        };
        EXPECT_THROW(co_await n.transaction(innermost), std::runtime_error);
        co_return co_await n.one<int>("select count(*) from t");
      };
      EXPECT_EQ(co_await t.transaction(inner), 2);
      auto fails = [](sqlite::transaction& n) -> rondo::task<> {
        std::vector<int> more{4, 5, 6};
        co_await n.execute_many("insert into t values(?)", more);
        throw std::runtime_error("no");
      };
      EXPECT_THROW(co_await t.transaction(fails), std::runtime_error);
    };
    co_await db.transaction(body);
    auto left = co_await db.all<int>("select a from t order by a");
    EXPECT_EQ(left, (std::vector{1, 2}));
  });
}

TEST(sqlite_transaction, nested_ones_come_one_after_the_other) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      auto slow = [](sqlite::transaction& n) -> rondo::task<> {
        co_await n.execute("insert into t values(1)");
        co_await rondo::sleep(10ms);
        throw std::runtime_error("slow");
      };
      auto other = [](sqlite::transaction& n) -> rondo::task<> {
        co_await n.execute("insert into t values(2)");
      };
      auto [a, b] = co_await rondo::gather(rondo::outcome_of(t.transaction(slow)),
                                           rondo::outcome_of(t.transaction(other)));
      EXPECT_EQ(test::error_text(std::move(a)), "slow");
      std::string refused = test::error_text(std::move(b));
      EXPECT_NE(refused.find("another one within this one is open"), refused.npos) << refused;
      co_await t.transaction(other);
    };
    co_await db.transaction(body);
    auto all = co_await db.all<int>("select a from t");
    EXPECT_EQ(all, std::vector<int>{2});
  });
}

// What comes while it is being committed would come after it.
TEST(sqlite_transaction, nothing_goes_into_one_that_is_ending) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    std::string refused;
    rondo::task_handle<> outlives;
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      auto insert = [](sqlite::transaction& outer, std::string& said) -> rondo::task<> {
        said =
            test::error_text(co_await rondo::outcome_of(outer.execute("insert into t values(2)")));
      };
      outlives = rondo::create_task(insert(t, refused));  // runs when the commit is under way
    };
    co_await db.transaction(body);
    co_await outlives;
    EXPECT_NE(refused.find("the transaction is over"), refused.npos) << refused;
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
    co_await db.execute("insert into t values(3)");  // the crew still finds its work
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 2);
  });
}

TEST(sqlite_transaction, a_cancelled_nested_one_is_undone_before_the_next_statement) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      auto inner = [](sqlite::transaction& n) -> rondo::task<> {
        co_await n.execute("insert into t values(2)");
        co_await rondo::sleep(1h);
      };
      co_await rondo::move_on_after(t.transaction(inner), 5ms);
      EXPECT_EQ(co_await t.one<int>("select count(*) from t"), 1);
      co_await t.execute("insert into t values(3)");
    };
    co_await db.transaction(body);
    EXPECT_EQ(co_await db.one<int>("select sum(a) from t"), 4);
  });
}

TEST(sqlite_transaction, a_cancelled_one_is_undone) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    for (int stage = 0; stage < 3; ++stage) {
      auto body = [&](sqlite::transaction& t) -> rondo::task<> {
        co_await t.execute("insert into t values(1)");
        if (stage == 0) co_await rondo::sleep(1h);
        if (stage == 1) co_await t.query(test::slow_select(test::for_ever));
        if (stage == 2) co_await t.execute(test::slow_insert(test::for_ever));
      };
      co_await rondo::move_on_after(db.transaction(body), 10ms);
      EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);
      co_await db.execute("delete from t");  // the writer is free
    }
  });
}

TEST(sqlite_transaction, a_statement_that_was_cancelled_may_take_the_transaction_with_it) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto reads = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      auto rows = t.rows<int>("select a from t");
      co_await rondo::move_on_after(t.query(test::slow_select(test::for_ever)), 5ms);
      EXPECT_EQ(co_await t.one<int>("select count(*) from t"), 1);
    };
    co_await db.transaction(reads);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
    auto writes = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(2)");
      co_await rondo::move_on_after(t.execute(test::slow_insert(test::for_ever)), 5ms);
      // SQLite has rolled it all back; nothing may go through outside of it.
      co_await t.execute("insert into t values(3)");
    };
    try {
      co_await db.transaction(writes);
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "25P02") << e.what();
    }
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
  });
}

TEST(sqlite_transaction, writers_come_in_the_order_in_which_they_asked) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    test::lines order;
    auto transaction = [&](int i) -> rondo::task<> {
      auto body = [&](sqlite::transaction& t) -> rondo::task<> {
        co_await t.execute("insert into t values(?)", i);
        co_await test::turns(3);
        order.push_back("t" + std::to_string(i));
      };
      co_await db.transaction(body);
    };
    auto single = [&](int i) -> rondo::task<> {
      co_await db.execute("insert into t values(?)", i);
      order.push_back("s" + std::to_string(i));
    };
    co_await rondo::gather(transaction(1), single(2), transaction(3), single(4), transaction(5));
    auto rows = co_await db.all<int>("select a from t order by rowid");
    EXPECT_EQ(rows, (std::vector{1, 2, 3, 4, 5}));
    EXPECT_EQ(order.size(), 5u);
  });
}

TEST(sqlite_transaction, concurrent_ones_lose_nothing) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    co_await db.execute("insert into t values(0)");
    auto work = [&]() -> rondo::task<> {
      for (int i = 0; i < 50; ++i) {
        auto body = [](sqlite::transaction& t) -> rondo::task<> {
          int n = co_await t.one<int>("select a from t");
          co_await rondo::sleep(0s);
          co_await t.execute("update t set a = ?", n + 1);
        };
        co_await db.transaction(body);
      }
    };
    co_await rondo::gather(work(), work(), work(), work());
    EXPECT_EQ(co_await db.one<int>("select a from t"), 200);
  });
}

TEST(sqlite_transaction, one_that_only_reads_sees_one_moment) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await db.execute("insert into t values(1)");  // the writer is another one
      EXPECT_EQ(co_await t.one<int>("select count(*) from t"), 0);
      try {
        co_await t.execute("insert into t values(2)");
        ADD_FAILURE() << "no error";
      } catch (const sqlite::error& e) {
        EXPECT_EQ(e.sqlstate(), "25006") << e.what();
      }
    };
    co_await db.transaction(body, {.read_only = true});
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
  });
}

TEST(sqlite_transaction, a_deferred_one_begins_again_when_it_came_too_late) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto other = co_await sqlite::open(dir / "t.db");
    int times = 0;
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      int n = co_await t.one<int>("select count(*) from t");
      if (++times == 1) co_await other.execute("insert into t values(1)");
      co_await t.execute("insert into t values(?)", n + 10);
    };
    co_await db.transaction(body, {.deferred = true});
    EXPECT_EQ(times, 2);
    EXPECT_EQ(co_await db.one<int>("select sum(a) from t"), 12);
    times = 0;
    auto always = [&](sqlite::transaction& t) -> rondo::task<> {
      ++times;
      co_await t.one<int>("select count(*) from t");
      co_await other.execute("insert into t values(1)");
      co_await t.execute("insert into t values(0)");
    };
    try {
      co_await db.transaction(always, {.deferred = true});
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "40001") << e.what();
    }
    EXPECT_EQ(times, 3);
  });
}

struct of_two_databases {
  int times = 0;  // that the body ran
  std::string state;
  std::string text;
};

/// A deferred transaction of db, which reads and then writes while one of other is writing,
/// who ends as `how` does when `after` has passed.
template <class F>
rondo::task<of_two_databases> write_behind(sqlite::database& db, sqlite::database& other,
                                           rondo::delay after, F how,
                                           sqlite::transaction_options options) {
  of_two_databases seen;
  rondo::event has_read, has_written;
  auto theirs = [&](sqlite::transaction& t) -> rondo::task<> {
    co_await has_read.wait();
    co_await t.execute("insert into t values(1)");
    has_written.set();
    co_await rondo::sleep(after);
    how();
  };
  auto ours = [&](sqlite::transaction& t) -> rondo::task<> {
    ++seen.times;
    co_await t.one<int>("select count(*) from t");
    has_read.set();
    co_await has_written.wait();
    co_await t.execute("insert into t values(2)");
  };
  auto first = rondo::create_task(other.transaction(theirs));
  try {
    options.deferred = true;
    co_await db.transaction(ours, options);
  } catch (const sqlite::error& e) {
    seen.state = e.sqlstate();
    seen.text = e.what();
  }
  static_cast<void>(co_await rondo::outcome_of(std::move(first)));
  co_return seen;
}

TEST(sqlite_transaction, a_deferred_one_waits_for_who_writes) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto a = co_await open_with_table(dir / "t.db", {.busy_timeout = 60s});
    auto b = co_await sqlite::open(dir / "t.db");
    auto undoes = [] { throw std::runtime_error("undone"); };
    auto commits = [] {};
    auto seen = co_await write_behind(a, b, 20ms, undoes, {});
    EXPECT_EQ(seen.text, "");
    EXPECT_EQ(seen.times, 1);
    EXPECT_EQ(co_await a.one<int>("select sum(a) from t"), 2);
    seen = co_await write_behind(a, b, 20ms, commits, {});
    EXPECT_EQ(seen.text, "");
    EXPECT_EQ(seen.times, 2);
    EXPECT_EQ(co_await a.one<int>("select sum(a) from t"), 5);
    seen = co_await write_behind(a, b, 20ms, commits, {.tries = 1});
    EXPECT_EQ(seen.state, "40001");
    EXPECT_EQ(seen.text, "sqlite " + (dir / "t.db") +
                             ": insert into t values(2): another connection has changed the "
                             "database since this transaction began to read: it must begin again");
  });
}

TEST(sqlite_transaction, a_deferred_one_waits_no_longer_than_it_says) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto a = co_await open_with_table(dir / "t.db", {.busy_timeout = 30ms});
    auto b = co_await sqlite::open(dir / "t.db");
    rondo::event has_written, enough;
    auto theirs = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      has_written.set();
      co_await enough.wait();
    };
    auto ours = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.one<int>("select count(*) from t");
      auto began = rondo::now();
      std::string said =
          test::error_text(co_await rondo::outcome_of(t.execute("insert into t values(2)")));
      EXPECT_TRUE(said.ends_with("for longer than the busy_timeout of 0.03s")) << said;
      EXPECT_GE(rondo::now() - began, 30ms);
      enough.set();
    };
    auto first = rondo::create_task(b.transaction(theirs));
    co_await has_written.wait();
    co_await a.transaction(ours, {.deferred = true});
    co_await first;
  });
}

// There who writes waits for those who read, and both would wait for ever.
TEST(sqlite_transaction, without_a_log_a_deferred_one_gives_way_at_once) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto a = co_await open_with_table(dir / "t.db",
                                      {.journal = sqlite::journal::rollback, .busy_timeout = 1h});
    auto b = co_await sqlite::open(dir / "t.db",
                                   {.journal = sqlite::journal::rollback, .busy_timeout = 1h});
    auto commits = [] {};
    auto seen = co_await write_behind(a, b, 1ms, commits, {.tries = 1});
    EXPECT_EQ(seen.state, "40001");
    EXPECT_EQ(seen.text,
              "sqlite " + (dir / "t.db") +
                  ": insert into t values(2): another connection is writing, which may "
                  "wait for the end of what this transaction reads: it must begin again");
    seen = co_await write_behind(a, b, 1ms, commits, {.tries = 100});
    EXPECT_EQ(seen.text, "");
    EXPECT_GT(seen.times, 1);
    EXPECT_EQ(co_await a.one<int>("select sum(a) from t"), 4);
  });
}

TEST(sqlite_transaction, who_waited_for_nobody_is_not_told_that_he_did) {
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(":memory:");
    co_await db.execute("create table t(a)");
    auto body = [](sqlite::session& s) {
      s.execute_many("insert into t values(?)", std::vector<int>(50'000));
      for ([[maybe_unused]] int a : s.rows<int>("update t set a = 1 returning a"))
        s.execute("commit");
    };
    std::string said = test::error_text(co_await rondo::outcome_of(db.run(body)));
    EXPECT_TRUE(said.ends_with("SQL statements in progress")) << said;
  });
}

// The loop is woken once for many quick statements, but not kept waiting by one that is slow
// where it was quick before.
TEST(sqlite_transaction, who_is_done_does_not_wait_for_a_slow_one) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    std::atomic<bool> waits = false, told = false;
    auto wait_for_loop = [&] {
      for (auto end = rondo::now() + 20s; waits && !told && rondo::now() < end;)
        std::this_thread::sleep_for(1ms);
      return told.load();
    };
    db.create_function("wait_for_loop", [&wait_for_loop] { return wait_for_loop(); });
    const std::string count =
        "with recursive c(x) as (values(1) union all select x + 1 from c where x < ?) "
        "select count(*) from c";
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      for (int i = 0; i < 3; ++i) {
        co_await t.execute("insert into t values(1)");
        EXPECT_EQ(co_await t.one<int>(count, 1), 1);
        EXPECT_FALSE(co_await t.one<bool>("select wait_for_loop()"));
      }
      auto quick = [&]() -> rondo::task<> { co_await t.execute("insert into t values(1)"); };
      auto slow = [&]() -> rondo::task<> { co_await t.query(count, test::for_ever); };
      auto first = rondo::create_task(quick);
      auto endless = rondo::create_task(slow);
      co_await rondo::wait_for(std::move(first), 20s);
      EXPECT_FALSE(endless.done());
      endless.cancel();
      co_await test::ended(std::move(endless));

      waits = true;
      auto tells = [&]() -> rondo::task<> {
        co_await t.execute("insert into t values(1)");
        told = true;
      };
      auto [a, b] = co_await rondo::gather(
          rondo::outcome_of(tells()), rondo::outcome_of(t.one<bool>("select wait_for_loop()")));
      EXPECT_TRUE(std::move(b).get());
    };
    co_await db.transaction(body);
  });
}

TEST(sqlite_transaction, who_would_wait_for_himself_is_told) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db", {.readers = 1});
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      co_await rondo::gather(db.execute("insert into t values(2)"));
    };
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(db.transaction(body))),
              "sqlite " + (dir / "t.db") +
                  ": this task has the connection that it waits for itself, by its transaction: "
                  "go on with that, or end it first");
    std::vector<int> ones(50'000, 1);
    co_await db.execute_many("insert into t values(?)", ones);
    auto rows = db.rows<int>("select a from t");
    co_await rows.next();
    std::string said =
        test::error_text(co_await rondo::outcome_of(db.one<int>("select count(*) from t")));
    EXPECT_TRUE(said.find("by its rows of select a from t") != said.npos) << said;
    rows = {};
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 50'000);
  });
}

TEST(sqlite_transaction, what_outlives_it_is_of_no_use) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    std::vector<int> ones(50'000, 1);
    co_await db.execute_many("insert into t values(?)", ones);
    rondo::async_generator<int> rows;
    sqlite::blob picture;
    std::optional<sqlite::transaction> kept;
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      rows = t.rows<int>("select a from t");
      co_await rows.next();
      co_await t.execute("create table b(x); ");
      co_await t.execute("insert into b values(zeroblob(10))");
      picture = co_await t.open_blob("b", "x", 1);
    };
    co_await db.transaction(body);
    auto walk = [&]() -> rondo::task<> {
      bool more = true;
      while (more) more = (co_await rows.next()).has_value();
    };
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(walk())),
              "sqlite::transaction::rows: the transaction is over");
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(picture.read(5))),
              "sqlite::transaction::blob: the transaction is over");
  });
}

TEST(sqlite_transaction, one_that_was_ended_by_sql_says_so) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("rollback");
      co_await t.execute("insert into t values(1)");
    };
    try {
      co_await db.transaction(body);
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "25P02") << e.what();
    }
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);
    co_await db.execute("insert into t values(1)");
  });
}

TEST(sqlite_transaction, constraints_that_wait_for_the_end_undo_it) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await open_with_table(dir / "t.db");
    co_await db.execute_script(
        "create table p(id integer primary key);"
        "create table c(p int references p(id) deferrable initially deferred)");
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into c values(1)");
    };
    try {
      co_await db.transaction(body);
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "23503") << e.what();
    }
    EXPECT_EQ(co_await db.one<int>("select count(*) from c"), 0);
  });
}

TEST(sqlite_transaction, two_databases_of_a_process_wait_for_each_other) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto a = co_await open_with_table(dir / "t.db");
    auto b = co_await sqlite::open(dir / "t.db", {.busy_timeout = 100ms});
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      auto began = rondo::now();
      try {
        co_await b.execute("insert into t values(2)");
        ADD_FAILURE() << "no error";
      } catch (const sqlite::error& e) {
        EXPECT_EQ(e.sqlstate(), "55P03");
        EXPECT_EQ(e.what(), "sqlite " + (dir / "t.db") +
                                ": insert into t values(2): another connection had locked the "
                                "database for longer than the busy_timeout of 0.1s");
      }
      EXPECT_GE(rondo::now() - began, 100ms);
      // Cancelled while it waits, it is gone at once.
      began = rondo::now();
      auto patient = co_await sqlite::open(dir / "t.db", {.busy_timeout = 1h});
      co_await rondo::move_on_after(patient.execute("insert into t values(3)"), 20ms);
      EXPECT_LT(rondo::now() - began, 10s);
    };
    co_await a.transaction(body);
    co_await b.execute("insert into t values(4)");
    EXPECT_EQ(co_await a.one<int>("select sum(a) from t"), 5);
  });
}

}  // namespace
