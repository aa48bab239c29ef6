// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <rondo/pg.hpp>

#include "sql/question.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

namespace pg = rondo::pg;

pg::pool make_pool(const std::string& address) {
  constexpr pg::pool_options how{.max = 1};
  try {
    return pg::pool(address, how);
  } catch (const rondo::usage_error& e) {
    std::string_view cause = e.what();
    cause.remove_prefix(std::min(cause.size(), std::string_view("pg::pool: ").size()));
    throw usage_mistake("the database's URL: " + std::string(cause));
  }
}

}  // namespace

rondo::task<> ask_postgresql(question asked) {
  pg::pool db = make_pool(asked.database);
  db.on_notice([](const pg::notice& n) {
    complain(fmt::format("rondo sql: {}: {}", n.severity, printable(n.message)));
  });
  co_await db.connect();  // a pool tries for ever; who has typed a command wants to know
  co_await answer(db, asked);
  co_await db.close();
}

}  // namespace tool
