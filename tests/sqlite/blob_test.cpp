// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/blob.hpp>

#include <gtest/gtest.h>
#include <rondo/sqlite.hpp>

#include "sqlite/sqlite.hpp"
#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::folder;
namespace sqlite = rondo::sqlite;

std::string some_bytes(std::size_t n) {
  std::string made(n, '\0');
  unsigned x = 1;
  for (char& c : made) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return made;
}

TEST(sqlite_blob, is_written_and_read_in_pieces) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "b.db", {.readers = 1});
    co_await db.execute("create table b(id integer primary key, data)");
    const std::string data = some_bytes(3'000'000);
    auto fill = [&](sqlite::transaction& t) -> rondo::task<> {
      auto id = co_await t.one<std::int64_t>("insert into b(data) values(zeroblob(?)) returning id",
                                             data.size());
      sqlite::blob b = co_await t.open_blob("b", "data", id);
      EXPECT_EQ(b.size(), data.size());
      for (std::size_t at = 0; at < data.size(); at += 100'000)
        co_await b.write(at, data.substr(at, 100'000));
      EXPECT_EQ(test::error_text(co_await rondo::outcome_of(b.write(2'999'999, "xy"))),
                "sqlite::blob::write: 2 bytes at 2999999 go beyond its end at 3000000");
    };
    co_await db.transaction(fill);
    sqlite::blob b = co_await db.open_blob("b", "data", 1);
    std::string read;
    for (;;) {
      std::string piece = co_await b.read();
      if (piece.empty()) break;
      read += piece;
    }
    EXPECT_TRUE(read == data);
    EXPECT_EQ(co_await b.read(1000, 10), data.substr(1000, 10));
    EXPECT_EQ(co_await b.read(data.size() - 3, 10), data.substr(data.size() - 3));
    EXPECT_EQ(co_await b.read(data.size(), 10), "");
    EXPECT_THROW(co_await b.write(0, "x"), rondo::usage_error);
    b.close();
    EXPECT_EQ(co_await db.one<int>("select count(*) from b"), 1);  // the only reader is free
    std::string said = test::error_text(co_await rondo::outcome_of(db.open_blob("b", "data", 99)));
    EXPECT_TRUE(said.ends_with("blob b.data of row 99: no such rowid: 99")) << said;
    EXPECT_EQ(co_await db.one<int>("select count(*) from b"), 1);
  });
}

// A task is not taken for another one that had its address before.
TEST(sqlite_blob, is_held_by_the_task_that_used_it_last) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "b.db", {.readers = 1});
    co_await db.execute("create table b(data)");
    co_await db.execute("insert into b values(zeroblob(100))");
    sqlite::blob b;
    auto opens = [&]() -> rondo::task<> { b = co_await db.open_blob("b", "data", 1); };
    auto asks = [&]() -> rondo::task<int> { co_return co_await db.one<int>("select 1"); };
    co_await rondo::create_task(opens);
    for (int i = 0; i < 10; ++i) {
      auto waits = rondo::create_task(asks);
      co_await test::turns(3);
      EXPECT_FALSE(waits.done());
      waits.cancel();
      co_await test::ended(std::move(waits));
    }
    co_await b.read(10);
    std::string said = test::error_text(co_await rondo::outcome_of(db.one<int>("select 1")));
    EXPECT_TRUE(said.find("this task has the connection that it waits for itself, by its blob "
                          "b.data") != said.npos)
        << said;
    b.close();
    EXPECT_EQ(co_await db.one<int>("select 1"), 1);
  });
}

TEST(sqlite_backup, is_the_database_of_one_moment_with_progress) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "a.db");
    co_await db.execute("create table t(a)");
    co_await db.execute(test::slow_insert(50'000));
    std::vector<sqlite::backup_progress> told;
    bool writing = true;
    auto write = [&]() -> rondo::task<> {
      while (writing) co_await db.execute("insert into t values(-1)");
    };
    auto writer = rondo::create_task(write);
    sqlite::backup_options options(10);
    options.progress = [&](sqlite::backup_progress p) { told.push_back(p); };
    co_await db.backup(dir / "b.db", std::move(options));
    writing = false;
    co_await writer;
    EXPECT_GT(told.size(), 5u);
    EXPECT_EQ(told.back().done, told.back().total);
    EXPECT_EQ(told.front().done, 10u);
    auto copy = co_await sqlite::open(dir / "b.db");
    EXPECT_EQ(co_await copy.one<int>("select count(*) from t where a > 0"), 50'000);
    EXPECT_EQ(co_await copy.one<std::string>("pragma integrity_check"), "ok");
    co_await copy.execute("insert into t values(7)");
    // Of memory, too; into a file that is there.
    auto memory = co_await sqlite::open(":memory:");
    co_await memory.execute("create table m(a)");
    co_await copy.close();
    co_await memory.backup(dir / "b.db");
    auto again = co_await sqlite::open(dir / "b.db");
    EXPECT_EQ(co_await again.one<int>("select count(*) from m"), 0);
  });
}

TEST(sqlite_backup, that_is_cancelled_leaves_nothing) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "a.db", {.readers = 1});
    co_await db.execute("create table t(a)");
    co_await db.execute(test::slow_insert(50'000));
    sqlite::backup_options options(1);
    options.progress = [](sqlite::backup_progress p) {
      if (p.done == 20) throw std::runtime_error("enough");
    };
    EXPECT_EQ(
        test::error_text(co_await rondo::outcome_of(db.backup(dir / "b.db", std::move(options)))),
        "enough");
    EXPECT_EQ(co_await db.one<int>("select count(*) from t"), 50'000);
    EXPECT_FALSE(std::filesystem::exists(dir / "b.db"));
    std::string said = test::error_text(co_await rondo::outcome_of(db.backup(dir / "no/such.db")));
    EXPECT_TRUE(said.find("backup to " + (dir / "no/such.db") + ": unable to open") != said.npos)
        << said;
  });
}

}  // namespace
