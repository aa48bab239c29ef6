// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include <rondo/db/detail/row_store.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// Rows in the text format: it needs no table of types to be read as text, nor the parameters'
/// types to be sent, so no description of a statement is ever waited for, and no pooler between
/// us and the server stands in the way.
class text_rows : public db::detail::row_store {
 protected:
  text_rows(const PGresult* described, std::string sql);
  db::detail::value typed(std::size_t column, std::string_view text) const noexcept;

 private:
  struct type {
    db::detail::kind is;
    db::detail::kind element;
  };
  std::vector<type> types_;
};

/// All rows of a statement, as libpq keeps them.
class result_rows final : public text_rows {
 public:
  /// Owns the result.
  result_rows(PGresult* result, std::string sql);
  ~result_rows() override { PQclear(result_); }

  std::size_t rows() const noexcept override { return rows_; }
  db::detail::value at(std::size_t row, std::size_t column) const override;

 private:
  PGresult* result_;
  std::size_t rows_;
};

/// Some rows of single-row mode. libpq makes a result of two kilobytes for each: its values are
/// copied, so that it uses the same memory for the next one.
class streamed_rows final : public text_rows {
 public:
  streamed_rows(const PGresult* described, std::string sql)
      : text_rows(described, std::move(sql)) {}
  void add(const PGresult* row);

  std::size_t rows() const noexcept override { return rows_; }
  db::detail::value at(std::size_t row, std::size_t column) const override;

 private:
  struct place {
    std::size_t begin;
    std::ptrdiff_t length;  // -1: null
  };
  std::string text_;
  std::vector<place> places_;
  std::size_t rows_ = 0;
};

}}}}  // namespace rondo::v0::pg::detail
