// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rondo/db/detail/row_store.hpp>

struct sqlite3_stmt;

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// Rows, copied out of SQLite.
class stored_rows final : public db::detail::row_store {
 public:
  stored_rows() noexcept : row_store(description) { times_are_utc = true; }

  std::size_t rows() const noexcept override { return rows_; }
  db::detail::value at(std::size_t row, std::size_t at) const override;

  db::detail::row_description description;

  /// Of a statement that has been stepped: before, what it will give may still change.
  void take_columns(sqlite3_stmt* s);
  /// The row that s stands at.
  void add_row(sqlite3_stmt* s);
  /// In memory, about.
  std::size_t bytes() const noexcept { return bytes_.size() + items_.size() * sizeof(item); }

 private:
  struct item {
    db::detail::kind is;
    union {
      std::int64_t integer;
      double real;
      std::size_t begin;  // in bytes_
    };
    std::size_t length;
  };

  std::vector<item> items_;
  std::string bytes_;
  std::size_t rows_ = 0;
};

/// The value of a column of the row that s stands at; of the same life.
db::detail::value column_value(sqlite3_stmt* s, int column);

}}}}  // namespace rondo::v0::sqlite::detail
