// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace db {

/// Base of what goes wrong with a database. The text names the statement and the cause.
class error : public rondo::error {
 public:
  error(std::string what, std::string sqlstate, std::string statement)
      : rondo::error(std::move(what)),
        sqlstate_(std::move(sqlstate)),
        statement_(std::move(statement)) {}

  /// The five characters in which SQL says what went wrong, the same for every database:
  /// "23505" for a value that must be unique and is not. Empty where there is none.
  const std::string& sqlstate() const noexcept { return sqlstate_; }
  /// The statement's text, empty where the error is not about one.
  const std::string& statement() const noexcept { return statement_; }

 private:
  std::string sqlstate_;
  std::string statement_;
};

/// A value is not what the program asked for, or does not fit into it: a null for an int,
/// a column of text for a double. Also a struct's field without a column, and the reverse.
class conversion_error : public error {
 public:
  conversion_error(std::string what, std::string sqlstate, std::string statement,
                   std::string column, std::size_t row)
      : error(std::move(what), std::move(sqlstate), std::move(statement)),
        column_(std::move(column)),
        row_(row) {}

  const std::string& column() const noexcept { return column_; }
  /// Counted from 1; 0: it is about all rows.
  std::size_t row() const noexcept { return row_; }

 private:
  std::string column_;
  std::size_t row_;
};

/// `one` did not find exactly one row.
class row_count_error : public error {
 public:
  row_count_error(std::string what, std::string statement, std::size_t rows)
      : error(std::move(what), rows == 0 ? "02000" : "21000", std::move(statement)), rows_(rows) {}

  std::size_t rows() const noexcept { return rows_; }

 private:
  std::size_t rows_;
};

}}}  // namespace rondo::v0::db
