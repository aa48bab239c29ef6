// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <rondo/compose/finally.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/db/result.hpp>
#include <rondo/loop/sleep.hpp>

#include "command.hpp"
#include "sql/any_row.hpp"
#include "sql/row_output.hpp"
#include "terminal/output.hpp"

namespace tool {

/// What is asked, and how the answer is to look.
struct question {
  std::string database;  ///< a URL, conninfo or path
  std::string statement;
  typed_parameters parameters;
  std::optional<row_format> lines;  ///< none: a table
  std::optional<double> every;      ///< asks again, after so many seconds
};

/// A table, over the last one where it can be. Throws rondo::error when it cannot be written.
void show_table(output& out, const question& asked, const rondo::db::result& rows);

template <class Database>
rondo::task<> write_lines(Database& db, const question& asked, output& out) {
  row_output lines(out, *asked.lines);
  auto rows = db.template rows<any_row>(asked.statement, asked.parameters);
  while (auto row = co_await rows.next()) lines.write(*row);
}

/// Asks and shows what comes, again and again if that is wanted. Throws rondo::db::error, and
/// rondo::error for what cannot be written. Cancelling it stops the statement.
template <class Database>
rondo::task<> answer(Database& db, const question& asked) {
  output out(STDOUT_FILENO);
  for (;;) {
    if (asked.lines) {
      co_await write_lines(db, asked, out);
    } else {
      rondo::db::result rows = co_await db.query(asked.statement, asked.parameters);
      show_table(out, asked, rows);
    }
    if (!asked.every) break;
    co_await rondo::sleep(seconds(*asked.every));
  }
  out.finish();
}

// Of each database. They throw usage_mistake for an address that is none, and as answer.
// Cancelling them stops the statement.
rondo::task<> ask_postgresql(question asked);
rondo::task<> ask_sqlite(question asked);

}  // namespace tool
