// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <rondo/db.hpp>

namespace rondo::testing {

/// Rows as a database would give them.
class table final : public db::detail::row_store {
 public:
  using value = db::detail::value;

  table(std::vector<std::string> names, std::vector<std::vector<value>> rows)
      : row_store(description_), rows_(std::move(rows)) {
    for (std::string& name : names) description_.columns.push_back({std::move(name), ""});
    description_.statement = "select it";
    affected = rows_.size();
  }
  std::size_t rows() const noexcept override { return rows_.size(); }
  value at(std::size_t row, std::size_t column) const override { return rows_[row][column]; }

 private:
  db::detail::row_description description_;
  std::vector<std::vector<value>> rows_;
};

inline db::result make_result(std::vector<std::string> names,
                              std::vector<std::vector<db::detail::value>> rows) {
  return db::result(
      rondo::detail::ref<db::detail::row_store>(new table(std::move(names), std::move(rows))));
}

inline db::detail::value text(std::string_view bytes) {
  return db::detail::value::of(db::detail::kind::text, bytes);
}
inline db::detail::value null() { return {}; }
inline db::detail::value number(std::int64_t v) { return db::detail::value::of(v); }
inline db::detail::value array(std::string_view bytes, db::detail::kind element) {
  auto v = db::detail::value::of(db::detail::kind::array, bytes);
  v.element = element;
  return v;
}

}  // namespace rondo::testing
