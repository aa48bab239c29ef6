// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <libpq-fe.h>

#include <rondo/db/detail/row_store.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// Rows as libpq keeps them, all in the text format: it needs no table of types to be read as
/// text, nor the parameters' types to be sent, so no description of a statement is ever waited
/// for, and no pooler between us and the server stands in the way.
class result_rows final : public db::detail::row_store {
 public:
  /// Owns first, and what is added: further results of the same statement, in single-row mode
  /// one a row.
  explicit result_rows(PGresult* first, std::string sql);
  ~result_rows() override;
  void add(PGresult* more);

  std::size_t rows() const noexcept override { return rows_; }
  db::detail::value at(std::size_t row, std::size_t column) const override;

 private:
  struct type {
    db::detail::kind is;
    db::detail::kind element;
  };
  std::vector<type> types_;
  PGresult* first_;
  std::vector<PGresult*> more_;  // each of a single row
  std::size_t rows_;
};

}}}}  // namespace rondo::v0::pg::detail
