// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The orders of four shops go into PostgreSQL at the same time, with COPY. The server is that
// of the first argument, or of PGHOST and the like.
#include <cstdio>
#include <rondo/pg.hpp>
#include <rondo/rondo.hpp>

namespace pg = rondo::pg;

struct sales {
  std::string shop;
  int orders;
  int cents;
  RONDO_FIELDS(shop, orders, cents)
};

rondo::async_generator<std::string> read_orders(std::string shop, int count) {
  for (int number = 1; number <= count; ++number)
    co_yield shop + "," + std::to_string(number) + "," + std::to_string(number % 90) + "\n";
}

rondo::task<> import_orders(pg::pool& db, std::string shop, int count) {
  co_await db.copy_in("copy orders from stdin (format csv)", read_orders(shop, count));
}

rondo::task<> amain(std::string conninfo) {
  pg::pool db(conninfo);
  co_await db.execute("drop table if exists orders");
  co_await db.execute("create table orders(shop text, number int, cents int)");
  co_await rondo::gather(import_orders(db, "Oslo", 2000), import_orders(db, "Rome", 1000),
                         import_orders(db, "Kiel", 500), import_orders(db, "Bern", 1));
  auto rows = db.rows<sales>(
      "select shop, count(*)::int as orders, sum(cents)::int as cents from orders "
      "group by shop order by shop");
  while (auto row = co_await rows.next())
    std::printf("%s: %d orders, %d cents\n", row->shop.c_str(), row->orders, row->cents);

  std::vector<std::string> lines{"Oslo,1,50\n", "Oslo,two,50\n"};
  try {
    co_await db.copy_in("copy orders from stdin (format csv)", lines);
  } catch (const pg::error& error) {
    std::printf("Refused: %s\n", error.message().c_str());
  }
  std::printf("%d orders\n", co_await db.one<int>("select count(*)::int from orders"));
  co_await db.execute("drop table orders");
}

int main(int argc, char** argv) { rondo::run(amain(argc > 1 ? argv[1] : "")); }
