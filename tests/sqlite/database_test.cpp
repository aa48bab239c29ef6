// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/database.hpp>

#include <dirent.h>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <rondo/db.hpp>
#include <rondo/testing/wait_until_all_blocked.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

struct todo {
  std::int64_t id;
  std::string what;
  bool done;
  RONDO_FIELDS(id, what, done)
};

constexpr const char* todo_table =
    "create table todo(id integer primary key, what text not null, done int not null default 0)";

TEST(sqlite_database, what_is_written_is_read) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "todo.db");
    co_await db.execute(todo_table);
    std::string evil = "buy milk'; drop table todo;--";
    EXPECT_EQ(co_await db.execute("insert into todo(what) values(?)", evil), 1u);
    auto all = co_await db.all<todo>("select id, what, done from todo");
    EXPECT_EQ(all.size(), 1u);
    EXPECT_EQ(all.at(0).what, evil);
    EXPECT_FALSE(all.at(0).done);
    EXPECT_EQ(co_await db.one<int>("select count(*) from todo"), 1);
    auto none = co_await db.first<todo>("select id, what, done from todo where id = 7");
    EXPECT_FALSE(none);
    auto rows = co_await db.query("select what from todo");
    EXPECT_EQ(rows.column_type(0), "TEXT");
    EXPECT_EQ(rows[0].get<std::string>("what"), evil);
    EXPECT_EQ(co_await db.execute("update todo set done = 1"), 1u);
    EXPECT_EQ(co_await db.execute("create index by_what on todo(what)"), 0u);
    EXPECT_EQ(co_await db.execute("delete from todo"), 1u);
    EXPECT_EQ(co_await db.execute("delete from todo"), 0u);
  });
}

TEST(sqlite_database, values_come_back_as_they_were) {
  using namespace std::chrono;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(":memory:");
    co_await db.execute("create table v(a, b, c, d, e, f, g, h, i, j)");
    std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
    std::vector<int> numbers{1, 2, 3};
    std::optional<std::string> nothing;
    auto id = rondo::db::uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    sys_time<microseconds> when{microseconds(1'700'000'000'123'456)};
    std::string zeros("a\0b", 3);
    co_await db.execute("insert into v values(?,?,?,?,?,?,?,?,?,?)", INT64_MIN, 0.1, zeros, bytes,
                        nothing, true, numbers, id, when,
                        rondo::db::numeric{"12345678901234567890.1"});
    auto r = co_await db.query("select * from v");
    EXPECT_EQ(r[0].get<std::int64_t>(0), INT64_MIN);
    EXPECT_EQ(r[0].get<double>(1), 0.1);
    EXPECT_EQ(r[0].get<std::string>(2), zeros);
    EXPECT_EQ(r[0].get<std::vector<std::byte>>(3), bytes);
    EXPECT_TRUE(r[0].is_null(4));
    EXPECT_TRUE(r[0].get<bool>(5));
    EXPECT_EQ(r[0].get<std::vector<int>>(6), numbers);
    EXPECT_EQ(r[0].get<rondo::db::uuid>(7), id);
    EXPECT_EQ(r[0].get<sys_time<microseconds>>(8), when);
    EXPECT_EQ(r[0].get<rondo::db::numeric>(9).text, "12345678901234567890.1");
    auto empty = co_await db.query("select ?, ?, typeof(?)", "", std::vector<std::byte>(), "");
    EXPECT_EQ(empty[0].get<std::string>(0), "");
    EXPECT_FALSE(empty[0].is_null(1));
    EXPECT_EQ(empty[0].get<std::string>(2), "text");
    co_await db.one<sys_seconds>("select current_timestamp");
  });
}

TEST(sqlite_database, a_text_is_no_number) {
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(":memory:");
    co_await db.execute("create table v(n integer)");
    co_await db.execute("insert into v values(1), ('two')");
    std::string said = test::error_text(co_await rondo::outcome_of(db.all<int>("select n from v")));
    EXPECT_EQ(said, "select n from v: column n (INTEGER), row 2: 'two' is no integer");
  });
}

TEST(sqlite_database, errors_say_what_and_where) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "e.db", {.on_connect = "pragma cache_size = 100"});
    co_await db.execute_script(
        "create table u(id integer primary key, email text not null unique, age int check(age > "
        "0));"
        "create table o(u int references u(id))");
    struct {
      const char* sql;
      const char* state;
    } const wrong[] = {
        {"insert into u values(1, 'a', 5)", "23505"},
        {"insert into u values(2, 'a', 5)", "23505"},
        {"insert into u values(3, null, 5)", "23502"},
        {"insert into u values(4, 'b', -1)", "23514"},
        {"insert into o values(99)", "23503"},
        {"selec 1", "42601"},
        {"select * from nothing", "42601"},
        {"select 1; select 2", "42601"},
        {"  -- nothing", "42601"},
        {"select ?", "07001"},
        {"begin", "25001"},
        {"savepoint x", "25001"},
    };
    co_await db.execute("insert into u values(1, 'a', 5)");
    for (const auto& w : wrong) {
      std::string state, text;
      try {
        co_await db.query(w.sql);
      } catch (const rondo::db::error& e) {
        state = e.sqlstate();
        text = e.what();
      }
      EXPECT_EQ(state, w.state) << w.sql << " gave " << text;
      EXPECT_TRUE(text.starts_with("sqlite " + (dir / "e.db"))) << text;
    }
    try {
      co_await db.execute("insert into u values(?, ?, ?)", 2, "a", 5);
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.what(), "sqlite " + (dir / "e.db") +
                              ": insert into u values(?, ?, ?): UNIQUE constraint failed: u.email");
      EXPECT_EQ(e.code(), 19);
      EXPECT_EQ(e.extended_code(), 2067);
      EXPECT_EQ(e.statement(), "insert into u values(?, ?, ?)");
    }
    EXPECT_EQ(co_await db.one<int>("select count(*) from u"), 1);
  });
}

TEST(sqlite_database, what_would_hang_or_stay_is_refused) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    using namespace std::string_literals;
    EXPECT_EQ(
        test::error_text(co_await rondo::outcome_of(db.execute_script("create table t(a);\0"s))),
        "sqlite " + (dir / "t.db") + ": create table t(a);: a zero byte is in the script");
    auto begins = db.rows<int>("begin");
    std::string refused = test::error_text(co_await rondo::outcome_of(begins.next()));
    EXPECT_NE(refused.find("it begins a transaction"), refused.npos) << refused;
    auto forgets = co_await sqlite::open(dir / "t.db", {.cached_statements = 0});
    begins = forgets.rows<int>("begin /* which is forgotten when it has run */");
    refused = test::error_text(co_await rondo::outcome_of(begins.next()));
    EXPECT_NE(refused.find("begin /* which"), refused.npos) << refused;
    auto body = [&](sqlite::transaction&) -> rondo::task<> {
      auto changes = db.changes();
      std::string itself = test::error_text(co_await rondo::outcome_of(changes.next()));
      EXPECT_NE(itself.find("this task has the connection that it waits for"), itself.npos)
          << itself;
    };
    co_await db.transaction(body);
  });
}

TEST(sqlite_database, execute_many_is_all_or_nothing_and_says_the_row) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "m.db");
    co_await db.execute(todo_table);
    std::vector<todo> rows;
    for (int i = 1; i <= 1000; ++i) rows.push_back({i, "thing " + std::to_string(i), i % 2 == 0});
    EXPECT_EQ(co_await db.execute_many("insert into todo values(?, ?, ?)", rows), 1000u);
    EXPECT_EQ(co_await db.one<int>("select sum(done) from todo"), 500);
    std::vector<todo> clash;
    clash.push_back({7000, "x", false});
    clash.push_back({7, "y", false});
    std::string said;
    try {
      co_await db.execute_many("insert into todo values(?, ?, ?)", clash);
    } catch (const sqlite::error& e) {
      said = e.what();
      EXPECT_EQ(e.sqlstate(), "23505");
    }
    EXPECT_TRUE(said.ends_with("UNIQUE constraint failed: todo.id (row 2)")) << said;
    EXPECT_EQ(co_await db.one<int>("select count(*) from todo where id = 7000"), 0);
    std::vector<int> ids{1, 2, 3};
    EXPECT_EQ(co_await db.execute_many("delete from todo where id = ?", ids), 3u);
  });
}

TEST(sqlite_database, a_body_runs_on_the_thread_in_a_transaction) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "r.db");
    co_await db.execute(todo_table);
    auto loop_thread = std::this_thread::get_id();
    std::int64_t last = co_await db.run([&](sqlite::session& s) {
      EXPECT_TRUE(std::this_thread::get_id() != loop_thread);
      for (int i = 0; i < 100; ++i) s.execute("insert into todo(what) values(?)", i);
      EXPECT_THROW(s.transaction([](sqlite::session& n) {
        n.execute("delete from todo");
        throw std::runtime_error("changed my mind");
      }),
                   std::runtime_error);
      EXPECT_EQ(s.execute_many("insert into todo(what) values(?)", std::vector{"a", "b"}), 2u);
      EXPECT_EQ(s.transaction([](sqlite::session& n) { return n.one<int>("select 5"); }), 5);
      int seen = 0;
      for (todo t : s.rows<todo>("select id, what, done from todo order by id"))
        EXPECT_EQ(t.id, ++seen);
      EXPECT_EQ(seen, 102);
      EXPECT_FALSE(s.first<int>("select 1 where 0"));
      return s.last_insert_rowid();
    });
    EXPECT_EQ(last, 102);
    auto fails = [](sqlite::session& s) {
      s.execute("delete from todo");
      throw std::runtime_error("no");
    };
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(db.run(fails))), "no");
    auto count = [](sqlite::session& s) { return s.one<int>("select count(*) from todo"); };
    EXPECT_EQ(co_await db.run_read(count), 102);
    auto writes = [](sqlite::session& s) { s.execute("delete from todo"); };
    std::string said = test::error_text(co_await rondo::outcome_of(db.run_read(writes)));
    EXPECT_TRUE(said.ends_with("attempt to write a readonly database")) << said;
    auto memory = co_await sqlite::open(":memory:");
    co_await memory.execute(todo_table);
    EXPECT_THROW(co_await memory.run_read(writes), sqlite::error);
    co_await memory.execute("insert into todo(what) values('written after that')");
  });
}

// Also what a reader cannot prepare (a temporary table is its connection's) and what only
// looks like reading.
TEST(sqlite_database, a_statement_finds_its_connection) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "c.db");
    co_await db.execute("create temp table t(n)");
    co_await db.execute("with x(n) as (values(1), (2)) insert into t select n from x");
    EXPECT_EQ(co_await db.one<int>("select sum(n) from t"), 3);
    EXPECT_EQ(co_await db.one<int>("/* a comment */ with x(n) as (values(4)) select n from x"), 4);
    EXPECT_EQ(co_await db.one<int>("insert into t values(9) returning n"), 9);
    EXPECT_EQ(co_await db.one<std::string>("pragma journal_mode"), "wal");
    EXPECT_EQ(co_await db.one<int>("pragma foreign_keys"), 1);
    EXPECT_EQ(co_await db.one<int>("pragma synchronous"), 2);
    std::string said =
        test::error_text(co_await rondo::outcome_of(db.query("select load_extension('/x')")));
    EXPECT_TRUE(said.ends_with("not authorized")) << said;
  });
}

TEST(sqlite_database, a_read_sees_what_was_awaited_before) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "s.db", {.synchronous = sqlite::synchronous::off});
    co_await db.execute("create table n(task int, v int, primary key(task, v))");
    auto work = [&](int task) -> rondo::task<> {
      for (int i = 1; i <= 100; ++i) {
        co_await db.execute("insert into n values(?, ?)", task, i);
        int seen = co_await db.one<int>("select count(*) from n where task = ?", task);
        EXPECT_EQ(seen, i);
      }
    };
    co_await rondo::gather(work(1), work(2), work(3), work(4), work(5));
  });
}

TEST(sqlite_database, tables_change_under_prepared_statements) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "d.db");
    co_await db.execute("create table t(a)");
    co_await db.execute("insert into t values(1)");
    for (int i = 0; i < 3; ++i) {
      auto r = co_await db.query("select * from t");
      EXPECT_EQ(r.columns(), static_cast<std::size_t>(i + 1));
      co_await db.execute("alter table t add column c" + std::to_string(i));
    }
  });
}

TEST(sqlite_database, few_statements_stay_prepared) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    for (std::size_t limit : {std::size_t(0), std::size_t(1), std::size_t(3)}) {
      auto db = co_await sqlite::open(dir / "l.db", {.cached_statements = limit});
      for (int i = 0; i < 50; ++i) {
        int n = co_await db.one<int>("select " + std::to_string(i % 7));
        EXPECT_EQ(n, i % 7);
      }
      co_await db.close();
    }
  });
}

TEST(sqlite_database, what_cannot_be_opened_says_why) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto text = [](auto o) { return test::error_text(std::move(o)); };
    EXPECT_EQ(text(co_await rondo::outcome_of(sqlite::open(dir / "no/such.db"))),
              "sqlite " + (dir / "no/such.db") +
                  ": open: unable to open database file: No such file or directory");
    EXPECT_EQ(text(co_await rondo::outcome_of(sqlite::open(dir / "a.db", {.create = false}))),
              "sqlite " + (dir / "a.db") +
                  ": open: unable to open database file: No such file or directory");
    std::ofstream(dir / "text.db")
        << "this is no database, but a text that is long enough. " << std::string(4096, 'x');
    try {
      co_await sqlite::open(dir / "text.db");
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "XX001") << e.what();
    }
    EXPECT_EQ(text(co_await rondo::outcome_of(sqlite::open(dir / "a.db", {.readers = -1}))),
              "sqlite::open " + (dir / "a.db") + ": readers is negative");
    std::string bad = text(co_await rondo::outcome_of(
        sqlite::open(dir / "a.db", {.on_connect = "pragma cache_size = 5; nonsense"})));
    EXPECT_TRUE(bad.ends_with("nonsense: near \"nonsense\": syntax error")) << bad;
    sqlite::database none;
    EXPECT_FALSE(none);
    EXPECT_EQ(text(co_await rondo::outcome_of(none.execute("select 1"))),
              "sqlite::database: it is not open");
  });
}

// SQLite itself does not wait there.
TEST(sqlite_database, to_open_one_waits_for_who_has_locked_it) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto other = co_await sqlite::open(dir / "t.db", {.journal = sqlite::journal::rollback});
    co_await other.execute("create table t(a)");
    std::optional<rondo::task_handle<sqlite::database>> patient;
    auto writes = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(1)");
      auto began = rondo::now();
      std::string said = test::error_text(
          co_await rondo::outcome_of(sqlite::open(dir / "t.db", {.busy_timeout = 30ms})));
      EXPECT_EQ(said, "sqlite " + (dir / "t.db") +
                          ": pragma journal_mode = wal: another connection had locked the database "
                          "for longer than the busy_timeout of 0.03s");
      EXPECT_GE(rondo::now() - began, 30ms);
      began = rondo::now();
      EXPECT_FALSE(
          co_await rondo::move_on_after(sqlite::open(dir / "t.db", {.busy_timeout = 1h}), 20ms));
      EXPECT_LT(rondo::now() - began, 10s);
      patient = rondo::create_task(sqlite::open(dir / "t.db", {.busy_timeout = 60s}));
      co_await rondo::sleep(20ms);
      EXPECT_FALSE(patient->done());
    };
    co_await other.transaction(writes);
    co_await other.close();
    auto db = co_await *std::move(patient);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
    EXPECT_EQ(co_await db.one<std::string>("pragma journal_mode"), "wal");
  });
}

TEST(sqlite_database, many_may_make_the_same_file_at_the_same_time) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    for (int i = 0; i < 20; ++i) {
      std::string path = dir / (std::to_string(i) + ".db");
      auto makes = [&]() -> rondo::task<> {
        auto db = co_await sqlite::open(
            path, {.synchronous = sqlite::synchronous::off, .busy_timeout = 60s});
        co_await db.execute("create table if not exists t(a)");
        co_await db.execute("insert into t values(1)");
      };
      co_await rondo::gather(makes(), makes(), makes(), makes(), makes(), makes());
      auto db = co_await sqlite::open(path);
      EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 6);
    }
  });
}

TEST(sqlite_database, one_that_is_read_only_changes_nothing) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    {
      auto db = co_await sqlite::open(dir / "r.db");
      co_await db.execute("create table t(a)");
      co_await db.close();
    }
    auto db = co_await sqlite::open(dir / "r.db", {.read_only = true});
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);
    try {
      co_await db.execute("insert into t values(1)");
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "25006") << e.what();
    }
  });
}

TEST(sqlite_database, rollback_journal_works_with_one_connection) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "j.db", {.journal = sqlite::journal::rollback});
    co_await db.execute("create table t(a)");
    EXPECT_EQ(co_await db.one<std::string>("pragma journal_mode"), "delete");
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 0);
    auto rows = db.rows<int>("select 1 union select 2");
    EXPECT_EQ(co_await rows.next(), 1);
    co_await db.execute("insert into t values(1)");  // nobody is kept waiting
    EXPECT_EQ(co_await rows.next(), 2);
    EXPECT_FALSE(co_await rows.next());
  });
}

TEST(sqlite_database, limits_hold) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "l.db", {.max_length = 1000});
    try {
      co_await db.query("select zeroblob(2000)");
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "54000") << e.what();
    }
    EXPECT_THROW(co_await db.query("select ?", std::string(2000, 'x')), sqlite::error);
  });
}

TEST(sqlite_database, threads_end_with_it_and_with_the_loop) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    co_await db.execute("create table t(a)");
    co_await db.one<int>("select 1");
    EXPECT_EQ(test::sqlite_threads(), 2);
    co_await db.close();
    EXPECT_EQ(test::sqlite_threads(), 0);
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(db.execute("select 1"))),
              "sqlite::database: it is not open");
    co_await db.close();  // for the second time
    auto left = co_await sqlite::open(dir / "t.db");
    // Of another file: of two connections that end at the same time neither may be the last
    // one of its file for SQLite, and the log stays.
    auto another = co_await sqlite::open(dir / "another.db");
    auto kept = new sqlite::database(std::move(another));
    co_await kept->execute("create table t(a)");
    EXPECT_GT(test::sqlite_threads(), 0);
    rondo::call_soon([kept] { delete kept; });
  });
  EXPECT_EQ(test::sqlite_threads(), 0);
  // The logs are gone: they were closed in order.
  EXPECT_EQ(dir.entries(), 2u);
}

// Of connections that end at the same time none may be the last one for SQLite, which cuts the
// log and removes it.
TEST(sqlite_database, the_log_is_gone_when_nobody_refers_to_it) {
  folder dir;
  for (int i = 0; i < 50; ++i) {
    test::run([&]() -> rondo::task<> {
      auto db = co_await sqlite::open(dir / "t.db", {.synchronous = sqlite::synchronous::off});
      co_await db.execute("create table if not exists t(a)");
      auto read = [](sqlite::session& s) { return s.one<int>("select count(*) from t"); };
      co_await rondo::gather(db.run_read(read), db.run_read(read), db.run_read(read),
                             db.run_read(read));
      if (i % 2 != 0) {
        db = {};
        while (test::sqlite_threads() > 0) co_await rondo::sleep(1ms);
        EXPECT_EQ(dir.entries(), 1u);
      }
    });
    EXPECT_EQ(dir.entries(), 1u);
  }
}

TEST(sqlite_database, one_that_outlives_its_loop_is_closed) {
  folder dir;
  sqlite::database db;
  test::run([&]() -> rondo::task<> { db = co_await sqlite::open(dir / "o.db"); });
  EXPECT_EQ(test::sqlite_threads(), 0);
  test::run([&]() -> rondo::task<> {
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(db.execute("select 1"))),
              "sqlite " + (dir / "o.db") + ": it is closed, as its loop is");
  });
  test::run([&]() -> rondo::task<> {
    db = co_await sqlite::open(dir / "o.db");
    auto elsewhere = [&] {
      return test::run([&]() -> rondo::task<std::string> {
        co_return test::error_text(co_await rondo::outcome_of(db.execute("select 1")));
      });
    };
    EXPECT_EQ(co_await rondo::to_thread(elsewhere),
              "sqlite " + (dir / "o.db") + ": it belongs to the loop of another thread");
  });
}

TEST(sqlite_database, closing_waits_for_what_runs) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    co_await db.execute("create table t(a)");
    auto slow = rondo::create_task(db.execute(test::slow_insert(200'000)));
    auto queued = rondo::create_task(db.execute("insert into t values(-1)"));
    auto in_transaction = [&](sqlite::transaction& t) -> rondo::task<> {
      co_await t.execute("insert into t values(-2)");
      co_await rondo::sleep(20ms);
      co_await t.execute("insert into t values(-3)");
    };
    auto last = rondo::create_task(db.transaction(in_transaction));
    co_await rondo::testing::wait_until_all_blocked();
    co_await db.close();
    co_await slow;
    co_await queued;
    co_await last;
    auto again = co_await sqlite::open(dir / "t.db");
    EXPECT_EQ(co_await again.one<int>("select count(*) from t where a < 0"), 3);
  });
}

}  // namespace
