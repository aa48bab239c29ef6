// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/db/detail/row_reader.hpp>

#include <rondo/db/errors.hpp>
#include "db/statement_text.hpp"
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

[[noreturn]] void mismatch(const row_store& rows, const std::string& cause,
                           const std::string& column) {
  throw conversion_error(statement_text(rows.described.statement) + ": " + cause, "42804",
                         rows.described.statement, column, 0);
}

}  // namespace

void check_columns(const row_store& rows, std::size_t wanted) {
  if (rows.columns().size() == wanted) return;
  auto counted = [](std::size_t n) {
    return std::to_string(n) + (n == 1 ? " column" : " columns");
  };
  mismatch(rows,
           "it gives " + counted(rows.columns().size()) + ", asked for were " + counted(wanted),
           "");
}

void find_fields(std::string_view names, const row_store& rows, std::span<std::size_t> columns) {
  constexpr auto nobodys = static_cast<std::size_t>(-1);
  std::vector<std::size_t> fields(rows.columns().size(), nobodys);
  for (std::size_t& found : columns) {
    std::size_t comma = names.find(',');
    std::string_view name = ascii::trimmed(names.substr(0, comma));
    names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
    found = nobodys;
    for (std::size_t i = 0; i < rows.columns().size(); ++i) {
      if (rows.columns()[i].name != name) continue;
      if (found != nobodys)
        mismatch(rows, "it gives two columns " + std::string(name), std::string(name));
      found = i;
    }
    if (found == nobodys)
      mismatch(rows, "it gives no column for the field " + std::string(name), std::string(name));
    fields[found] = 0;
  }
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i] == nobodys)
      mismatch(rows, "there is no field for the column " + rows.columns()[i].name,
               rows.columns()[i].name);
}

}}}}  // namespace rondo::v0::db::detail
