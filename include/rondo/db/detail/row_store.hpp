// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <rondo/db/detail/value.hpp>
#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

struct column {
  std::string name;
  std::string type;  ///< as the database calls it, for texts of errors; may be empty
};

/// What a statement gave is made of.
struct row_description {
  std::vector<column> columns;
  std::string statement;
};

/// The rows that a statement gave, in the form in which its database keeps them. Belongs to
/// one thread at a time.
class row_store : public rondo::detail::counted<row_store> {
 public:
  /// d lives as long as this, which does not look at it before it is asked.
  explicit row_store(const row_description& d) noexcept : described(d) {}
  virtual ~row_store() = default;

  virtual std::size_t rows() const noexcept = 0;
  /// row < rows(), at < columns().size(). Refers to bytes of this.
  virtual value at(std::size_t row, std::size_t at) const = 0;

  const std::vector<column>& columns() const noexcept { return described.columns; }

  const row_description& described;
  std::uint64_t affected = 0;  ///< rows that were inserted, updated or deleted; else those selected
  bool times_are_utc = false;  ///< a text that says no time zone, as SQLite's functions write it
  std::size_t rows_before = 0;  ///< in earlier pieces of the same answer
};

/// One value and where it stands, which is what errors name.
struct cell {
  const row_store& store;
  std::size_t row;
  std::size_t at;
  value what;

  cell(const row_store& s, std::size_t r, std::size_t c)
      : store(s), row(r), at(c), what(s.at(r, c)) {}
  /// An element of an array.
  cell(const cell& whole, const value& part) noexcept
      : store(whole.store), row(whole.row), at(whole.at), what(part) {}

  /// Throws conversion_error: `column age of row 3: null, not an int ("select …")`.
  [[noreturn]] void not_a(const char* wanted) const;
  [[noreturn]] void wrong(const std::string& cause, const char* sqlstate) const;
};

}}}}  // namespace rondo::v0::db::detail
