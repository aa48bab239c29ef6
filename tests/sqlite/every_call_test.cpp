// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Every call that can be awaited: begun by a cancelled task, and cancelled sooner and later.
#include <rondo/sqlite/database.hpp>

#include <functional>

#include <gtest/gtest.h>
#include <rondo/db.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

struct world {
  const folder& dir;
  sqlite::database db;
  sqlite::blob blob;
  rondo::async_generator<int> rows;
  rondo::async_generator<std::uint64_t> changes;
};

/// What it writes are two rows, of which there is never one alone.
struct call {
  const char* name;
  rondo::task<> (*use)(world&);
};

const call calls[] = {
    {"open", [](world& w) -> rondo::task<> { co_await sqlite::open(w.dir / "other.db"); }},
    {"query", [](world& w) -> rondo::task<> { co_await w.db.query("select sum(a) from many"); }},
    {"execute",
     [](world& w) -> rondo::task<> { co_await w.db.execute("insert into t values(1), (2)"); }},
    {"execute_many",
     [](world& w) -> rondo::task<> {
       std::vector<int> two{1, 2};
       co_await w.db.execute_many("insert into t values(?)", two);
     }},
    {"execute_script",
     [](world& w) -> rondo::task<> {
       co_await w.db.execute_script("insert into t values(1); insert into t values(2)");
     }},
    {"transaction",
     [](world& w) -> rondo::task<> {
       auto body = [](sqlite::transaction& t) -> rondo::task<> {
         co_await t.execute("insert into t values(1)");
         auto nested = [](sqlite::transaction& n) -> rondo::task<> {
           co_await n.execute("insert into t values(2)");
         };
         co_await t.transaction(nested);
       };
       co_await w.db.transaction(body);
     }},
    {"run",
     [](world& w) -> rondo::task<> {
       auto body = [](sqlite::session& s) {
         s.execute("insert into t values(1)");
         s.execute("insert into t values(2)");
       };
       co_await w.db.run(body);
     }},
    {"run_read",
     [](world& w) -> rondo::task<> {
       auto body = [](sqlite::session& s) { return s.one<int>("select count(*) from many"); };
       co_await w.db.run_read(body);
     }},
    {"rows",
     [](world& w) -> rondo::task<> {
       auto rows = w.db.rows<int>("select a from many");
       bool more = true;
       while (more) more = (co_await rows.next()).has_value();
     }},
    {"next", [](world& w) -> rondo::task<> { co_await w.rows.next(); }},
    {"open_blob",
     [](world& w) -> rondo::task<> { sqlite::blob b = co_await w.db.open_blob("b", "data", 1); }},
    {"read", [](world& w) -> rondo::task<> { co_await w.blob.read(0, 100'000); }},
    {"write",
     [](world& w) -> rondo::task<> {
       auto body = [](sqlite::transaction& t) -> rondo::task<> {
         sqlite::blob b = co_await t.open_blob("b", "data", 1);
         co_await b.write(0, "12345");
       };
       co_await w.db.transaction(body);
     }},
    {"backup",
     [](world& w) -> rondo::task<> {
       sqlite::backup_options few(2);
       co_await w.db.backup(w.dir / "copy.db", std::move(few));
     }},
    {"changes", [](world& w) -> rondo::task<> { co_await w.changes.next(); }},
    {"close",
     [](world& w) -> rondo::task<> {
       auto other = co_await sqlite::open(w.dir / "t.db");
       co_await other.one<int>("select 1");
       co_await other.close();
     }},
};

class sqlite_every_call : public testing::TestWithParam<call> {
 protected:
  static rondo::task<> make(const folder& dir) {
    auto db = co_await sqlite::open(dir / "t.db", {.synchronous = sqlite::synchronous::off});
    co_await db.execute_script(
        "create table t(a); create table many(a); create table b(data);"
        "insert into b values(zeroblob(100000));"
        "with recursive c(x) as (values(1) union all select x + 1 from c where x < 20000) "
        "insert into many select x from c");
    co_await db.close();
  }
  static rondo::task<world> open(const folder& dir) {
    world w{dir, {}, {}, {}, {}};
    w.db = co_await sqlite::open(dir / "t.db",
                                 {.readers = 3, .synchronous = sqlite::synchronous::off});
    w.blob = co_await w.db.open_blob("b", "data", 1);
    w.rows = w.db.rows<int>("select a from many");
    w.changes = w.db.changes(1h);
    co_return w;
  }
  /// All connections work, and nothing is half there.
  static rondo::task<> expect_sound(world& w) {
    EXPECT_EQ(co_await w.db.one<int>("select count(*) from t") % 2, 0);
    co_await w.db.execute("insert into t values(3), (4)");
    auto rows = w.db.rows<int>("select a from many");
    EXPECT_EQ(co_await rows.next(), 1);
  }
};

INSTANTIATE_TEST_SUITE_P(all, sqlite_every_call, testing::ValuesIn(calls),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(sqlite_every_call, begun_by_a_cancelled_task_never_starts) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await make(dir);
    world w = co_await open(dir);
    bool went_on = false;
    auto body = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      co_await GetParam().use(w);
      co_await rondo::sleep(0s);
      went_on = true;
    };
    auto h = rondo::create_task(body);
    co_await rondo::wait(test::handles(h));
    EXPECT_TRUE(h.cancelled());
    EXPECT_FALSE(went_on);
    EXPECT_EQ(co_await w.db.one<int>("select count(*) from t"), 0);
    EXPECT_FALSE(std::filesystem::exists(dir / "copy.db"));
    co_await expect_sound(w);
  });
  EXPECT_EQ(test::sqlite_threads(), 0);
}

TEST_P(sqlite_every_call, cancelled_sooner_and_later_leaves_all_in_order) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await make(dir);
    for (int i = 0; i < 40; ++i) {
      world w = co_await open(dir);
      auto h = rondo::create_task(GetParam().use(w));
      if (i < 8) {
        co_await test::turns(i);
      } else {
        co_await rondo::sleep(std::chrono::microseconds((i - 8) * 30));
      }
      h.cancel();
      co_await rondo::wait(test::handles(h));
      if (!h.cancelled()) static_cast<void>(co_await rondo::outcome_of(std::move(h)));
      co_await expect_sound(w);
    }
  });
  EXPECT_EQ(test::sqlite_threads(), 0);
}

}  // namespace
