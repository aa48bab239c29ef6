// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite.hpp>

#include "sql/question.hpp"

namespace tool {

namespace {

namespace sqlite = rondo::sqlite;

/// The statement was refused because the database had been opened to be read only. Then it
/// has done nothing.
rondo::task<bool> is_answered_by_reading(sqlite::database& db, const question& asked) {
  try {
    co_await answer(db, asked);
  } catch (const rondo::db::error& e) {
    if (e.sqlstate() != "25006") throw;
    co_return false;
  }
  co_return true;
}

}  // namespace

rondo::task<> ask_sqlite(question asked) {
  // A look must not change how the file is kept, nor make one. Rows are streamed by a reader
  // only: the writer has them all in memory, so as not to keep others waiting.
  sqlite::open_options how;
  how.readers = 1;
  how.create = false;
  how.read_only = true;
  sqlite::database db = co_await sqlite::open(asked.database, how);
  bool answered = co_await is_answered_by_reading(db, asked);
  if (answered) co_return;
  auto mode = co_await db.one<std::string>("pragma journal_mode");
  how.journal = mode == "wal" ? sqlite::journal::wal : sqlite::journal::rollback;
  how.read_only = false;
  db = co_await sqlite::open(asked.database, how);
  co_await answer(db, asked);
}

}  // namespace tool
