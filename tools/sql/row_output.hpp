// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <rondo/db/result.hpp>

#include "sql/any_row.hpp"
#include "terminal/output.hpp"

namespace tool {

/// For people: lines of a table, of which the last says how many rows it has. columns: what it
/// may be wide, its widest columns are cut for that; 0: as wide as it is.
std::string table_text(const rondo::db::result& rows, std::size_t columns);

enum class row_format : unsigned char { json, csv };

/// For programs: a line for each row, written as it comes.
class row_output {
 public:
  row_output(output& out, row_format format) : out_(out), format_(format) {}

  /// Throws rondo::error when it cannot be written.
  void write(any_row row);

 private:
  void begin(any_row first);

  output& out_;
  row_format format_;
  std::vector<std::string> before_;  // what stands before each value: `{"id":`, `,"name":`
  std::string lines_;
};

}  // namespace tool
