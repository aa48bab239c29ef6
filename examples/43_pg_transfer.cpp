// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Money goes from account to account in transactions; those that the server makes give way
// to others are tried again. The server is that of the first argument, or of PGHOST and the
// like.
#include <cstdio>
#include <rondo/pg.hpp>
#include <rondo/rondo.hpp>

namespace pg = rondo::pg;

rondo::task<> transfer(pg::pool& db, int from, int to, int cents) {
  auto body = [=](pg::transaction& t) -> rondo::task<> {
    int left = co_await t.one<int>("select cents from account where id = $1", from);
    if (left < cents) throw std::runtime_error("not enough money");
    co_await t.execute("update account set cents = cents - $2 where id = $1", from, cents);
    co_await t.execute("update account set cents = cents + $2 where id = $1", to, cents);
  };
  co_await db.transaction(body, {.isolation = pg::isolation::serializable, .tries = 50});
}

rondo::task<> show(pg::pool& db) {
  using account = std::tuple<int, int>;
  for (auto [id, cents] : co_await db.all<account>("select id, cents from account order by id"))
    std::printf("Account %d: %d cents\n", id, cents);
}

rondo::task<> amain(std::string conninfo) {
  pg::pool db(conninfo, {.max = 4});
  co_await db.execute("drop table if exists account");
  co_await db.execute("create table account(id int primary key, cents int)");
  std::vector<std::tuple<int, int>> accounts{{1, 1000}, {2, 1000}, {3, 0}};
  co_await db.execute_many("insert into account values($1, $2)", accounts);
  std::vector<rondo::task<>> transfers;
  for (int i = 0; i < 10; ++i) {
    transfers.push_back(transfer(db, 1, 2, 70));
    transfers.push_back(transfer(db, 2, 3, 100));
  }
  co_await rondo::gather(std::move(transfers));
  co_await show(db);
  try {
    co_await transfer(db, 1, 3, 500);
  } catch (const std::runtime_error& error) {
    std::printf("Account 1 to 3: %s\n", error.what());
  }
  co_await show(db);
  co_await db.execute("drop table account");
}

int main(int argc, char** argv) { rondo::run(amain(argc > 1 ? argv[1] : "")); }
