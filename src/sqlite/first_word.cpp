// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/first_word.hpp"

#include <algorithm>

#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

std::string_view skip_blank(std::string_view sql) noexcept {
  for (;;) {
    std::size_t begin = sql.find_first_not_of(" \t\n\f\r;");
    if (begin == sql.npos) return {};
    sql.remove_prefix(begin);
    std::size_t end;
    if (sql.starts_with("--")) {
      end = sql.find('\n');
    } else if (sql.starts_with("/*")) {
      end = sql.find("*/", 2);
      if (end != sql.npos) end += 2;
    } else {
      return sql;
    }
    if (end == sql.npos) return {};  // a comment ends with the text, too
    sql.remove_prefix(end);
  }
}

bool may_be_read_only(std::string_view sql) noexcept {
  sql = skip_blank(sql);
  for (std::string_view word : {"select", "with", "values", "explain"})
    if (ascii::equal_ignoring_case(sql.substr(0, word.size()), word)) return true;
  return false;
}

}}}}  // namespace rondo::v0::sqlite::detail
