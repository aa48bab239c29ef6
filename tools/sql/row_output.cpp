// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sql/row_output.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "sql/cell_text.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using rondo::db::detail::cell;
using rondo::db::detail::kind;
using rondo::db::detail::row_store;

struct table_column {
  std::string name;
  std::vector<std::string> texts;
  std::size_t width = 0;
  bool numbers = false;  ///< which stand at its right side
};

/// For one line of a table.
std::string shown(const cell& c) {
  if (c.what.is == kind::null) return "NULL";
  std::string text;
  for (char each : plain_text(c)) {
    if (each == '\n') {
      text += "↵";
    } else {
      text += each == '\t' ? ' ' : each;
    }
  }
  return printable(text);
}

table_column column_of(const row_store& rows, std::size_t at) {
  table_column made;
  made.name = printable(rows.columns()[at].name);
  made.width = columns_of(made.name);
  made.texts.reserve(rows.rows());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    cell c(rows, i, at);
    made.numbers = made.numbers || is_number(c);
    made.texts.push_back(shown(c));
    made.width = std::max(made.width, columns_of(made.texts.back()));
  }
  return made;
}

/// Takes from the widest until the line fits, or nothing is to be taken.
void cut_to(std::vector<table_column>& table, std::size_t columns) {
  constexpr std::size_t least = 4;
  std::size_t line = 3 * table.size();
  for (table_column& c : table) line += c.width = std::min(c.width, columns);
  while (line > columns) {
    auto widest = std::max_element(table.begin(), table.end(),
                                   [](const auto& a, const auto& b) { return a.width < b.width; });
    if (widest->width <= least) return;
    --widest->width;
    --line;
  }
}

std::string field(const std::string& text, const table_column& column) {
  std::size_t taken = columns_of(text);
  if (!column.numbers || taken >= column.width) return fit(text, column.width);
  return std::string(column.width - taken, ' ') + text;
}

void add_line(std::string& out, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

std::string counted(std::uint64_t n) { return fmt::format("{} row{}", n, n == 1 ? "" : "s"); }

}  // namespace

std::string table_text(const rondo::db::result& result, std::size_t columns) {
  if (result.columns() == 0) return counted(result.affected()) + " changed\n";
  const row_store& rows = *result.internal();
  std::vector<table_column> table;
  for (std::size_t i = 0; i < result.columns(); ++i) table.push_back(column_of(rows, i));
  if (columns > 0) cut_to(table, columns);
  std::string text, line;
  for (const table_column& c : table) line += (line.empty() ? " " : " | ") + fit(c.name, c.width);
  add_line(text, line);
  line.clear();
  for (const table_column& c : table)
    line += (line.empty() ? "" : "+") + std::string(c.width + 2, '-');
  add_line(text, line);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    line.clear();
    for (const table_column& c : table) line += (line.empty() ? " " : " | ") + field(c.texts[i], c);
    add_line(text, line);
  }
  return text + "(" + counted(rows.rows()) + ")\n";
}

void row_output::begin(any_row first) {
  bool json = format_ == row_format::json;
  std::string names;
  for (const auto& column : first.rows->columns()) {
    bool leads = before_.empty();
    if (json) {
      before_.push_back((leads ? "{" : ",") + json_string(column.name) + ":");
    } else {
      before_.emplace_back(leads ? "" : ",");
      names += before_.back() + csv_string(column.name);
    }
  }
  if (!json) lines_ = names + "\n";
}

void row_output::write(any_row row) {
  if (before_.empty()) begin(row);
  for (std::size_t i = 0; i < before_.size(); ++i) {
    cell c(*row.rows, row.index, i);
    lines_ += before_[i];
    lines_ += format_ == row_format::json ? json_text(c) : csv_text(c);
  }
  lines_ += format_ == row_format::json ? (before_.empty() ? "{}\n" : "}\n") : "\n";
  // With the last of those that came together, so that a slow statement's rows are seen early.
  constexpr std::size_t enough = 64 * 1024;
  if (lines_.size() < enough && row.index + 1 < row.rows->rows()) return;
  out_.write(lines_);
  out_.check();
  lines_.clear();
}

}  // namespace tool
