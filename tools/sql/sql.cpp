// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// rondo sql: what a statement gives, as a table, JSON or CSV.
#include <fmt/format.h>
#include <unistd.h>
#include <clocale>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "sql/question.hpp"
#include "sql_databases.hpp"
#include "terminal/screen.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

struct sql_options {
  std::string url;
  std::string statement;
  std::vector<std::string> parameters;
  bool json = false;
  bool csv = false;
  double watch = 0;
};

enum class database_kind : unsigned char { postgresql, sqlite };

/// Throws usage_mistake, which does not show a password.
database_kind kind_of(std::string_view url) {
  if (url.starts_with("postgres:") || url.starts_with("postgresql:"))
    return database_kind::postgresql;
  if (url.starts_with("sqlite:")) return database_kind::sqlite;
  for (std::string_view end : {".db", ".sqlite", ".sqlite3"})
    if (url.find("://") == url.npos && url.ends_with(end)) return database_kind::sqlite;
  throw usage_mistake(
      fmt::format("'{}' is no database: write postgres://USER@HOST/NAME, sqlite:FILE, or a FILE.db",
                  without_credentials(url)));
}

rondo::task<> ask(const sql_options& o) {
  question asked;
  asked.database = o.url;
  asked.statement = o.statement;
  asked.parameters.texts = o.parameters;
  if (o.json) asked.lines = row_format::json;
  if (o.csv) asked.lines = row_format::csv;
  if (o.watch > 0) asked.every = o.watch;
  if (kind_of(o.url) == database_kind::postgresql) {
#if RONDO_HAS_PG
    return ask_postgresql(std::move(asked));
#else
    throw usage_mistake("this rondo was built without PostgreSQL (libpq-dev)");
#endif
  }
#if RONDO_HAS_SQLITE
  if (asked.database.starts_with("sqlite:")) asked.database.erase(0, 7);
  return ask_sqlite(std::move(asked));
#else
  throw usage_mistake("this rondo was built without SQLite (libsqlite3-dev)");
#endif
}

std::string time_of_day() {
  std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

int run(sql_options& options) {
  if (options.json && options.csv) throw usage_mistake("--json and --csv exclude each other");
  run_until_told(ask(options));
  return exit_ok;
}

void add_options(CLI::App& app, sql_options& o) {
  app.add_option("URL", o.url, "postgres://USER@HOST/NAME, sqlite:FILE, or a FILE.db or .sqlite")
      ->required();
  app.add_option("STATEMENT", o.statement, "One statement of SQL")->required();
  app.add_option("PARAMETER", o.parameters,
                 "What its $1, $2, … or ? stand for; behind -- if one begins with -");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_flag("--json", o.json, "A line of JSON for each row, as it comes");
  app.add_flag("--csv", o.csv, "A line of CSV for each row, as it comes, behind one of names");
  add_seconds(app, "-w,--watch", o.watch, 0.1, 1e6, "Ask again and again, after so long");
}

}  // namespace

void show_table(output& out, const question& asked, const rondo::db::result& rows) {
  bool draws = can_draw_on(STDOUT_FILENO);
  std::size_t columns = ::isatty(STDOUT_FILENO) ? size_of_screen(STDOUT_FILENO).columns : 0;
  std::string text = table_text(rows, columns);
  if (asked.every && draws) {
    std::string title =
        fmt::format("{}, every {} s: {}", time_of_day(), *asked.every, printable(asked.statement));
    text = "\x1b[H\x1b[2J" + fit(title, columns - 1) + "\n\n" + text;
  } else if (asked.every) {
    text += "\n";
  }
  out.write(text);
  out.check();
}

subcommand add_sql(CLI::App& rondo) {
  return add_command(rondo, "sql", "Ask a database, and show what it answers", add_options, run);
}

}  // namespace tool
