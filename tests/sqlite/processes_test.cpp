// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Other processes, full disks, and ends that nobody prepared.
#include <sys/resource.h>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <rondo/io.hpp>
#include <rondo/sqlite.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

constexpr int writes = 300;

rondo::task<> write_numbers(std::string path, int who) {
  auto db =
      co_await sqlite::open(path, {.synchronous = sqlite::synchronous::off, .busy_timeout = 60s});
  auto single = [&](int i) -> rondo::task<> {
    co_await db.execute("insert into t values(?, ?)", who, i);
  };
  auto transaction = [&](int i) -> rondo::task<> {
    auto body = [&](sqlite::transaction& t) -> rondo::task<> {
      int most = co_await t.one<int>("select coalesce(max(n), 0) from t where who = -1");
      co_await t.execute("insert into t values(-1, ?)", most + 1);
      co_await t.execute("insert into t values(?, ?)", who, i);
    };
    co_await db.transaction(body);
  };
  for (int i = 0; i < writes; i += 2) co_await rondo::gather(single(i), transaction(i + 1));
  co_await db.close();
}

std::string in_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

RONDO_CHILD(writer) {
  test::run(write_numbers(in_environment("DATABASE"), std::atoi(std::getenv("WHO"))));
  test::say("done\n");
  return 0;
}

TEST(sqlite_processes, two_that_write_lose_nothing) {
  folder dir;
  std::string path = dir / "t.db";
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(path);
    co_await db.execute("create table t(who int, n int, primary key(who, n))");
    co_await db.close();
  });
  test::child other("writer", {"DATABASE=" + path, "WHO=2"});
  test::run(write_numbers(path, 1));
  EXPECT_EQ(other.wait(), "exit 0") << other.output();
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(path);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t where who > 0"), 2 * writes);
    EXPECT_EQ(co_await db.one<int>("select max(n) from t where who = -1"), writes);
    EXPECT_EQ(co_await db.one<std::string>("pragma integrity_check"), "ok");
  });
}

RONDO_CHILD(dies_in_a_transaction) {
  test::run([]() -> rondo::task<> {
    auto db = co_await sqlite::open(in_environment("DATABASE"));
    co_await db.execute("insert into t values(2)");
    auto body = [](sqlite::transaction& t) -> rondo::task<> {
      // So much that a part of it is in the log already.
      co_await t.execute("pragma cache_size = 10");
      co_await t.execute(test::slow_insert(100'000));
      test::say("in the midst\n");
      co_await rondo::sleep(1h);
    };
    co_await db.transaction(body);
  });
  return 0;
}

TEST(sqlite_processes, one_that_is_killed_has_done_nothing_half) {
  folder dir;
  std::string path = dir / "t.db";
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(path);
    co_await db.execute("create table t(a)");
    co_await db.execute("insert into t values(1)");
    test::child other("dies_in_a_transaction", {"DATABASE=" + path});
    EXPECT_TRUE(other.wait_for("in the midst")) << other.output();
    auto impatient = co_await sqlite::open(path, {.busy_timeout = 20ms});
    EXPECT_THROW(co_await impatient.execute("insert into t values(3)"), sqlite::error);
    other.signal(SIGKILL);
    EXPECT_EQ(other.wait(), "signal 9");
    co_await db.execute("insert into t values(4)");
    auto all = co_await db.all<int>("select a from t order by a");
    EXPECT_EQ(all, (std::vector{1, 2, 4}));
    EXPECT_EQ(co_await db.one<std::string>("pragma integrity_check"), "ok");
  });
}

int forked(int (*f)(sqlite::database&), sqlite::database& db) {
  std::fflush(nullptr);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(f(db));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

RONDO_CHILD(forks) {
  std::string path = in_environment("DATABASE");
  return test::run([&]() -> rondo::task<int> {
    auto db = co_await sqlite::open(path);
    co_await db.execute("create table t(a)");
    auto uses_what_is_open = [](sqlite::database& parents) {
      return rondo::run([&]() -> rondo::task<int> {
        auto uses = co_await rondo::outcome_of(parents.execute("insert into t values(1)"));
        auto opens = co_await rondo::outcome_of(sqlite::open(in_environment("DATABASE")));
        test::say(test::error_text(std::move(uses)) + "\n");
        test::say(test::error_text(std::move(opens)) + "\n");
        co_await parents.close();
        co_return 7;
      });
    };
    auto drops = [](sqlite::database& parents) {
      parents = {};
      return 8;
    };
    auto opens_anew = [](sqlite::database&) {
      return rondo::run([]() -> rondo::task<int> {
        auto own = co_await sqlite::open(in_environment("DATABASE"));
        co_await own.execute("insert into t values(2)");
        co_return co_await own.one<int>("select sum(a) from t");
      });
    };
    if (int how = forked(uses_what_is_open, db); how != 7) co_return how;
    {
      auto rows = db.rows<int>(
          "with recursive c(x) as (values(1) union all select x + 1 from c "
          "where x < 50000) select x from c");
      co_await rows.next();
      if (int how = forked(drops, db); how != 8) co_return how;
    }
    co_await db.execute("insert into t values(1)");
    co_await db.close();
    co_return forked(opens_anew, db);
  });
}

// ThreadSanitizer starts no thread in a child of a program with threads.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RONDO_NO_THREADS_IN_CHILD
#endif
#endif

TEST(sqlite_processes, a_child_of_fork_is_refused_what_its_parent_has_open) {
#ifdef RONDO_NO_THREADS_IN_CHILD
  GTEST_SKIP() << "ThreadSanitizer";
#endif
  folder dir;
  std::string path = dir / "t.db";
  test::child other("forks", {"DATABASE=" + path});
  EXPECT_EQ(other.wait(), "exit 3") << other.output();
  std::string parents = "sqlite " + path + ": it was opened by the process that forked this one\n";
  EXPECT_TRUE(other.output().starts_with(parents)) << other.output();
  EXPECT_TRUE(other.output().find("open: the process that forked this one had SQLite databases "
                                  "open then") != std::string::npos)
      << other.output();
}

RONDO_CHILD(fills_the_disk) {
  std::signal(SIGXFSZ, SIG_IGN);
  test::run([]() -> rondo::task<> {
    auto db = co_await sqlite::open(in_environment("DATABASE"));
    co_await db.execute("create table t(a, b)");
    co_await db.execute("insert into t values(1, 'before')");
    rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 1'000'000;
    setrlimit(RLIMIT_FSIZE, &small);
    auto fill = [](sqlite::session& s) {
      for (int i = 0; i < 10'000; ++i)
        s.execute("insert into t values(?, ?)", i, std::string(1000, 'x'));
    };
    std::string state, text;
    try {
      co_await db.run(fill);
    } catch (const sqlite::error& e) {
      state = e.sqlstate();
      text = e.what();
    }
    test::say("state " + state + ": " + text + "\n");
    setrlimit(RLIMIT_FSIZE, &before);
    co_await db.execute("insert into t values(2, 'after')");
    int rows = co_await db.one<int>("select count(*) from t");
    std::string check = co_await db.one<std::string>("pragma integrity_check");
    test::say("rows " + std::to_string(rows) + " " + check + "\n");
  });
  return 0;
}

TEST(sqlite_processes, a_full_disk_is_told_and_left_behind) {
  folder dir;
  test::child other("fills_the_disk", {"DATABASE=" + (dir / "t.db")});
  EXPECT_EQ(other.wait(), "exit 0");
  EXPECT_TRUE(other.output().find("state 53100") != std::string::npos) << other.output();
  EXPECT_TRUE(other.output().find("rows 2 ok") != std::string::npos) << other.output();
}

TEST(sqlite_processes, a_database_that_may_not_grow_keeps_what_it_has) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db", {.on_connect = "pragma max_page_count = 20"});
    co_await db.execute("create table t(a, b)");
    co_await db.execute("insert into t values(1, 'before')");
    const std::string text(1000, 'x');
    int inserted = 0;
    auto fill = [&](sqlite::transaction& t) -> rondo::task<> {
      for (;; ++inserted) co_await t.execute("insert into t values(?, ?)", inserted, text);
    };
    const std::string told =
        "sqlite " + (dir / "t.db") + ": insert into t values(?, ?): database or disk is full";
    try {
      co_await db.transaction(fill);
      ADD_FAILURE() << "no error";
    } catch (const sqlite::error& e) {
      EXPECT_EQ(e.sqlstate(), "53100");
      EXPECT_EQ(e.what(), told);
    }
    EXPECT_GT(inserted, 0);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1);
    // One by one, until it is full: those that were told to be there are.
    inserted = 0;
    auto one_by_one = [&]() -> rondo::task<> {
      for (;; ++inserted) co_await db.execute("insert into t values(?, ?)", inserted, text);
    };
    EXPECT_EQ(test::error_text(co_await rondo::outcome_of(one_by_one())), told);
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 1 + inserted);
    co_await db.execute("delete from t where b = ?", text);
    co_await db.execute("insert into t values(2, 'after')");
    EXPECT_EQ(co_await db.one<std::string>("pragma integrity_check"), "ok");
  });
}

TEST(sqlite_processes, changes_of_others_are_seen_and_own_ones_are_not) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    co_await db.execute("create table t(a)");
    auto other = co_await sqlite::open(dir / "t.db");
    for (bool read_only : {false, true}) {
      auto watching = co_await sqlite::open(dir / "t.db", {.read_only = read_only});
      auto changes = watching.changes(1h);
      auto next = [&]() -> rondo::task<bool> {
        auto seen = co_await changes.next();
        co_return seen.has_value();
      };
      EXPECT_FALSE(co_await rondo::move_on_after(next(), 50ms));
      changes = watching.changes(1h);
      auto waiting = rondo::create_task(next);
      co_await rondo::sleep(20ms);
      if (!read_only) co_await watching.execute("insert into t values(1)");
      co_await rondo::sleep(50ms);
      EXPECT_FALSE(waiting.done());
      co_await other.execute("insert into t values(2)");
      EXPECT_TRUE(co_await rondo::wait_for(std::move(waiting), 10s));
      auto again = rondo::create_task(next);
      co_await other.execute("insert into t values(3)");
      EXPECT_TRUE(co_await rondo::wait_for(std::move(again), 10s));
    }
  });
}

// A peer that knows nothing of us.
TEST(sqlite_processes, python_reads_what_was_written_and_is_seen) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    co_await db.execute("create table t(a)");
    co_await db.execute("insert into t values('from Rondo')");
    std::string script =
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "print(db.execute('select a from t').fetchone()[0])\n"
        "db.execute(\"insert into t values('from Python')\")\n"
        "db.commit()\n";
    auto out = co_await rondo::run_process("python3", "-c", script, dir / "t.db");
    EXPECT_EQ(out.output, "from Rondo\n");
    EXPECT_EQ(co_await db.one<int>("select count(*) from t where a = 'from Python'"), 1);
  });
}

}  // namespace
