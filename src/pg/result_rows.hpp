// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include <rondo/db/detail/row_store.hpp>
#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// What the rows of a statement are made of, for all of its results: some may be on other
/// threads.
class description final
    : public rondo::detail::counted<description, rondo::detail::held_on::many_threads>,
      public db::detail::row_description {
 public:
  description(const PGresult* described, const std::string& sql);
  /// Whether these rows are made of the same.
  bool fits(const PGresult* rows) const noexcept;

  struct type {
    Oid oid;
    db::detail::kind is;
    db::detail::kind element;
  };
  std::vector<type> types;
};

/// Rows in the text format: it needs no table of types to be read as text, nor the parameters'
/// types to be sent, so no description of a statement is ever waited for, and no pooler between
/// us and the server stands in the way.
class text_rows : public db::detail::row_store {
 protected:
  explicit text_rows(rondo::detail::ref<description> of) noexcept
      : row_store(*of), description_(std::move(of)) {}
  db::detail::value typed(std::size_t column, std::string_view text) const noexcept;

 private:
  rondo::detail::ref<description> description_;
};

/// The rows of a statement; takes the result. known: of an earlier result of the statement, or
/// none; that of this one afterwards.
rondo::detail::ref<db::detail::row_store> make_rows(PGresult* result, const std::string& sql,
                                                    rondo::detail::ref<description>& known);

/// Some rows of single-row mode. libpq makes a result of two kilobytes for each: its values are
/// copied, so that it uses the same memory for the next one.
class streamed_rows final : public text_rows {
 public:
  explicit streamed_rows(rondo::detail::ref<description> of) noexcept : text_rows(std::move(of)) {}
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
