// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite.hpp>

#include <gtest/gtest.h>

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

TEST(sqlite_database, what_is_written_is_read) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto db = co_await sqlite::open(dir / "todo.db");
    co_await db.execute(
        "create table todo(id integer primary key, what text not null, done int not null default "
        "0)");
    std::string evil = "buy milk'; drop table todo;--";
    EXPECT_EQ(co_await db.execute("insert into todo(what) values(?)", evil), 1u);
    auto all = co_await db.all<todo>("select id, what, done from todo");
    EXPECT_EQ(all.size(), 1u);
    EXPECT_EQ(all.at(0).what, evil);
    EXPECT_FALSE(all.at(0).done);
    EXPECT_EQ(co_await db.one<int>("select count(*) from todo"), 1);
  });
}

}  // namespace
