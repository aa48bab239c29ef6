// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Rows whose columns are not known before, and as many parameters as somebody has typed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rondo/db/detail/conversion.hpp>
#include <rondo/db/detail/row_reader.hpp>
#include <rondo/db/detail/row_store.hpp>

namespace tool {

/// A row of `rows<any_row>`, until the next one is asked for.
struct any_row {
  const rondo::db::detail::row_store* rows;
  std::size_t index;
};

/// As one argument of a statement: all its parameters, which are texts.
struct typed_parameters {
  std::vector<std::string> texts;
};

}  // namespace tool

namespace rondo { inline namespace v0 { namespace db { namespace detail {

template <>
class row_reader<tool::any_row> {
 public:
  explicit row_reader(const row_store&) {}
  tool::any_row read(const row_store& rows, std::size_t row) const { return {&rows, row}; }
};

template <>
struct conversion<tool::typed_parameters> {
  static void write(parameters& p, const tool::typed_parameters& v) {
    for (const std::string& text : v.texts) p.add_text(text);
  }
};

}}}}  // namespace rondo::v0::db::detail
