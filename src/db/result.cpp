// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/db/result.hpp>

#include <rondo/coro/errors.hpp>
#include "db/statement_text.hpp"

namespace rondo { inline namespace v0 { namespace db {

void row::check(std::size_t column) const {
  if (column >= rows_->columns().size())
    throw usage_error("db::row: column " + std::to_string(column) + " of a row that has " +
                      std::to_string(rows_->columns().size()));
}

std::size_t row::position(std::string_view column) const {
  for (std::size_t i = 0; i < rows_->columns().size(); ++i)
    if (rows_->columns()[i].name == column) return i;
  throw usage_error("db::row: " + detail::statement_text(rows_->described.statement) +
                    " gives no column " + std::string(column));
}

void result::expect_one_row() const {
  if (size() == 1) return;
  std::string statement = rows_ ? rows_->described.statement : std::string();
  std::string text = detail::statement_text(statement) + ": " +
                     (empty() ? "no row" : std::to_string(size()) + " rows") +
                     " where one was asked for";
  throw row_count_error(std::move(text), std::move(statement), size());
}

}}}  // namespace rondo::v0::db
