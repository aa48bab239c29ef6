// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <rondo/pg.hpp>

#include "sql/question.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;

/// What stands in quotes may be a piece of a password.
std::string without_quoted(std::string_view text) {
  std::string kept;
  bool quoted = false;
  for (char c : text) {
    if (c == '"') {
      kept += quoted ? "…\"" : "\"";
      quoted = !quoted;
    } else if (!quoted) {
      kept += c;
    }
  }
  return kept;
}

pg::pool make_pool(const std::string& address) {
  // The time after which it is looked whether there was a connection, or a failure.
  constexpr pg::pool_options how{.max = 1, .acquire_timeout = 200ms};
  try {
    return pg::pool(address, how);
  } catch (const rondo::usage_error& e) {
    std::string_view cause = e.what();
    cause.remove_prefix(std::min(cause.size(), std::string_view("pg::pool: ").size()));
    throw usage_mistake("the database's URL: " + without_quoted(cause));
  }
}

/// A pool tries for ever; who has typed a command wants to know how the first attempt failed.
rondo::task<> expect_connection(pg::pool& db) {
  for (;;) {
    try {
      pg::connection made = co_await db.acquire();
      co_return;
    } catch (const rondo::timeout_error&) {
      if (db.statistics().failed_attempts > 0) throw;
    }
  }
}

}  // namespace

rondo::task<> ask_postgresql(question asked) {
  pg::pool db = make_pool(asked.database);
  db.on_notice([](const pg::notice& n) {
    complain(fmt::format("rondo sql: {}: {}", n.severity, printable(n.message)));
  });
  co_await expect_connection(db);
  co_await answer(db, asked);
  co_await db.close();
}

}  // namespace tool
