// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/db/detail/conversion.hpp>
#include <rondo/db/detail/row_reader.hpp>
#include <rondo/db/detail/row_store.hpp>
#include <rondo/db/errors.hpp>
#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace db {

/// One row of a result, which must outlive it.
class row {
 public:
  row(const detail::row_store& rows, std::size_t index) noexcept : rows_(&rows), index_(index) {}

  /// A column's value, by position or by name. Throws conversion_error, usage_error when
  /// there is no such column.
  template <class T>
  T get(std::size_t column) const {
    check(column);
    return detail::conversion<T>::read(detail::cell(*rows_, index_, column));
  }
  template <class T>
  T get(std::string_view column) const {
    return detail::conversion<T>::read(detail::cell(*rows_, index_, position(column)));
  }
  /// All of it, as a struct with RONDO_FIELDS, a tuple or a single value.
  template <class T>
  T as() const {
    return detail::row_reader<T>(*rows_).read(*rows_, index_);
  }
  /// Throws usage_error when there is no such column.
  bool is_null(std::size_t column) const {
    check(column);
    return rows_->at(index_, column).is == detail::kind::null;
  }
  bool is_null(std::string_view column) const { return is_null(position(column)); }

 private:
  void check(std::size_t column) const;
  std::size_t position(std::string_view column) const;

  const detail::row_store* rows_;
  std::size_t index_;
};

/// What a statement gave: its rows, all of them in memory. Copies share them. Belongs to the
/// thread that has awaited it.
class result {
 public:
  result() noexcept = default;
  explicit result(rondo::detail::ref<detail::row_store> rows) noexcept : rows_(std::move(rows)) {}

  /// Rows.
  std::size_t size() const noexcept { return rows_ ? rows_->rows() : 0; }
  bool empty() const noexcept { return size() == 0; }
  /// Rows that were inserted, updated or deleted; of a select, those that it gave.
  std::uint64_t affected() const noexcept { return rows_ ? rows_->affected : 0; }
  std::size_t columns() const noexcept { return rows_ ? rows_->columns().size() : 0; }
  /// i < columns(), as everywhere.
  std::string_view column_name(std::size_t i) const noexcept { return rows_->columns()[i].name; }
  /// As the database calls it; empty where it does not say.
  std::string_view column_type(std::size_t i) const noexcept { return rows_->columns()[i].type; }

  /// i < size().
  row operator[](std::size_t i) const noexcept { return row(*rows_, i); }

  class iterator {
   public:
    using value_type = row;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    iterator(const detail::row_store* rows, std::size_t i) noexcept : rows_(rows), i_(i) {}
    row operator*() const noexcept { return row(*rows_, i_); }
    iterator& operator++() noexcept {
      ++i_;
      return *this;
    }
    iterator operator++(int) noexcept { return iterator(rows_, i_++); }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.i_ == b.i_; }

   private:
    const detail::row_store* rows_ = nullptr;
    std::size_t i_ = 0;
  };
  iterator begin() const noexcept { return {rows_.get(), 0}; }
  iterator end() const noexcept { return {rows_.get(), size()}; }

  /// Its only row. Throws row_count_error when there are none or several, conversion_error.
  template <class T>
  T one() const {
    expect_one_row();
    return detail::row_reader<T>(*rows_).read(*rows_, 0);
  }
  /// Its first row, or nothing when there is none. Throws conversion_error.
  template <class T>
  std::optional<T> first() const {
    if (empty()) return std::nullopt;
    return detail::row_reader<T>(*rows_).read(*rows_, 0);
  }
  /// Its rows. Throws conversion_error.
  template <class T>
  std::vector<T> all() const {
    std::vector<T> values;
    if (!rows_) return values;
    detail::row_reader<T> reader(*rows_);
    values.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) values.push_back(reader.read(*rows_, i));
    return values;
  }

  const detail::row_store* internal() const noexcept { return rows_.get(); }

 private:
  void expect_one_row() const;

  rondo::detail::ref<detail::row_store> rows_;
};

}}}  // namespace rondo::v0::db
