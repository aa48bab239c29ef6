// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A job list in an SQLite database.
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>
#include <rondo/sqlite.hpp>
namespace sqlite = rondo::sqlite;

struct todo {
  int id;
  std::string what;
  bool done;
  RONDO_FIELDS(id, what, done)
};

rondo::task<> show(sqlite::database& db) {
  auto rows = db.rows<todo>("select id, what, done from todo order by id");
  while (auto t = co_await rows.next())
    std::printf("%d [%c] %s\n", t->id, t->done ? 'x' : ' ', t->what.c_str());
}

rondo::task<> amain() {
  auto directory = co_await rondo::make_temporary_directory();
  auto db = co_await sqlite::open(directory.path() + "/todo.db");
  co_await db.execute(
      "create table todo(id integer primary key, what text not null unique, "
      "done int not null default 0)");
  std::vector<std::string> jobs{"buy milk'; drop table todo;--", "call home", "sleep"};
  co_await db.execute_many("insert into todo(what) values(?)", jobs);
  co_await db.execute("update todo set done = 1 where what = ?", "call home");
  co_await show(db);
  try {
    co_await db.execute("insert into todo(what) values(?)", "sleep");
  } catch (const sqlite::error& e) {
    std::printf("twice: %d\n", e.code());
  }
  auto clear = [](sqlite::transaction& t) -> rondo::task<> {
    co_await t.execute("delete from todo");
    throw std::runtime_error("changed my mind");
  };
  try {
    co_await db.transaction(clear);
  } catch (const std::runtime_error& e) {
    std::puts(e.what());
  }
  std::printf("%d left\n", co_await db.one<int>("select count(*) from todo where not done"));
  co_await db.close();
}

int main() { rondo::run(amain()); }
