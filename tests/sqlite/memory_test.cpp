// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// SQLite's own memory runs out, at every allocation: what fails must leave all in order.
#include <rondo/sqlite/database.hpp>

#include <sqlite3.h>
#include <atomic>

#include <gtest/gtest.h>
#include <rondo/db.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

/// Allocations [first, first + many) of SQLite's fail.
std::atomic<long> allocations{0}, first_to_fail{-1}, many_to_fail{0};
sqlite3_mem_methods usual;

bool fails() {
  long n = allocations.fetch_add(1), first = first_to_fail.load();
  return first >= 0 && n >= first && n - first < many_to_fail.load();
}

void install_allocator() {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual);
  sqlite3_mem_methods failing = usual;
  failing.xMalloc = [](int n) -> void* { return fails() ? nullptr : usual.xMalloc(n); };
  failing.xRealloc = [](void* p, int n) -> void* {
    return fails() ? nullptr : usual.xRealloc(p, n);
  };
  sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
}

/// Each transaction leaves the sum of t at 0.
rondo::task<> use_everything(const folder& dir) {
  auto db = co_await sqlite::open(
      dir / "t.db",
      {.readers = 1, .synchronous = sqlite::synchronous::off, .cached_statements = 3});
  db.create_function("twice", [](int n) { return 2 * n; });
  auto body = [](sqlite::transaction& t) -> rondo::task<> {
    co_await t.execute("insert into t values(?)", 1);
    auto fails_within = [](sqlite::transaction& n) -> rondo::task<> {
      co_await n.execute("insert into t values(100)");
      throw std::runtime_error("undone alone");
    };
    static_cast<void>(co_await rondo::outcome_of(t.transaction(fails_within)));
    std::vector<int> two{5, -6};
    co_await t.execute_many("insert into t values(?)", two);
    auto rows = t.rows<int>("select a from t");
    co_await rows.next();
    sqlite::blob b = co_await t.open_blob("b", "data", 1);
    co_await b.write(0, "12345");
  };
  static_cast<void>(co_await rondo::outcome_of(db.transaction(body)));
  auto in_the_thread = [](sqlite::session& s) {
    s.execute("insert into t values(twice(4))");
    for (int depth = 0; depth < 2; ++depth) {
      try {
        s.transaction([](sqlite::session& n) {
          n.execute("insert into t values(1000)");
          for (int a : n.rows<int>("select a from t"))
            if (a == 1000) throw std::runtime_error("undone alone");
        });
      } catch (const std::runtime_error&) {
      } catch (const std::bad_alloc&) {
      }
    }
    s.execute("insert into t values(?)", -8);
    return s.last_insert_rowid();
  };
  static_cast<void>(co_await rondo::outcome_of(db.run(in_the_thread)));
  auto begins = [](sqlite::session& s) { s.query("select * from t"); };
  static_cast<void>(co_await rondo::outcome_of(db.run_read(begins)));
  static_cast<void>(co_await rondo::outcome_of(db.execute("begin")));
  static_cast<void>(co_await rondo::outcome_of(db.execute_script("savepoint x; release x")));
  auto rows = db.rows<int>("select a from t union all select twice(0)");
  static_cast<void>(co_await rondo::outcome_of(rows.next()));
  static_cast<void>(co_await rondo::outcome_of(db.backup(dir / "copy.db")));
}

long sum(const folder& dir) {
  return test::run([&]() -> rondo::task<long> {
    auto db = co_await sqlite::open(dir / "t.db", {.synchronous = sqlite::synchronous::off});
    co_return co_await db.one<long>("select coalesce(sum(a), 0) from t");
  });
}

RONDO_CHILD(runs_out_of_memory) {
  install_allocator();
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "t.db");
    co_await db.execute_script(
        "create table t(a int); create table b(data); insert into b values(zeroblob(100))");
  });
  long runs = 0, at = 0, all = 0;
  for (long many : {1L, 3L, 1000L}) {
    for (at = 0;; at += 1 + at / 40, ++runs) {
      allocations = 0;
      many_to_fail = many;
      first_to_fail = at;
      try {
        test::run(use_everything(dir));
      } catch (const std::bad_alloc&) {
      } catch (const sqlite::error&) {
      }
      first_to_fail = -1;
      all = allocations.load();
      if (long left = sum(dir); left != 0) {
        test::say("a sum of " + std::to_string(left) + " behind the failure of " +
                  std::to_string(many) + " allocations from " + std::to_string(at) + " on\n");
        return 1;
      }
      if (all < at) break;
    }
  }
  test::say(std::to_string(runs) + " runs of " + std::to_string(all) + " allocations\n");
  return 0;
}

TEST(sqlite_memory, may_run_out_for_sqlite_too) {
  test::child other("runs_out_of_memory");
  EXPECT_EQ(other.wait(), "exit 0") << other.output();
  std::printf("%s", other.output().c_str());
}

}  // namespace
