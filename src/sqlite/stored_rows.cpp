// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/stored_rows.hpp"

#include <sqlite3.h>
#include <new>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

using db::detail::kind;
using db::detail::value;

value stored_rows::at(std::size_t row, std::size_t at) const {
  const item& i = items_[row * description.columns.size() + at];
  switch (i.is) {
    case kind::integer:
      return value::of(i.integer);
    case kind::real:
      return value::of(i.real);
    case kind::null:
      return {};
    default:
      return value::of(i.is, std::string_view(bytes_).substr(i.begin, i.length));
  }
}

void stored_rows::take_columns(sqlite3_stmt* s) {
  int n = sqlite3_column_count(s);
  description.columns.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    const char* name = sqlite3_column_name(s, i);
    if (!name) throw std::bad_alloc();
    const char* type = sqlite3_column_decltype(s, i);
    description.columns.push_back({name, type ? type : ""});
  }
}

void stored_rows::add_row(sqlite3_stmt* s) {
  for (std::size_t i = 0, n = description.columns.size(); i < n; ++i) {
    value v = column_value(s, static_cast<int>(i));
    item made{v.is, {0}, 0};
    if (v.is == kind::integer) {
      made.integer = v.integer;
    } else if (v.is == kind::real) {
      made.real = v.real;
    } else if (v.is == kind::text || v.is == kind::blob) {
      made.begin = bytes_.size();
      made.length = v.bytes.size();
      bytes_.append(v.bytes);
    }
    items_.push_back(made);
  }
  ++rows_;
}

value column_value(sqlite3_stmt* s, int column) {
  switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
      return value::of(static_cast<std::int64_t>(sqlite3_column_int64(s, column)));
    case SQLITE_FLOAT:
      return value::of(sqlite3_column_double(s, column));
    case SQLITE_NULL:
      return {};
    case SQLITE_TEXT: {
      // A column in UTF-16 is converted, which takes memory.
      const void* text = sqlite3_column_text(s, column);
      if (!text) throw std::bad_alloc();
      auto length = static_cast<std::size_t>(sqlite3_column_bytes(s, column));
      return value::of(kind::text, {static_cast<const char*>(text), length});
    }
    default: {
      const void* bytes = sqlite3_column_blob(s, column);
      auto length = static_cast<std::size_t>(sqlite3_column_bytes(s, column));
      if (!bytes && length > 0) throw std::bad_alloc();
      return value::of(kind::blob, {static_cast<const char*>(bytes), length});
    }
  }
}

}}}}  // namespace rondo::v0::sqlite::detail
