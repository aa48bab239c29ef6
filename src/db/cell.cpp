// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <rondo/db/detail/row_store.hpp>
#include <rondo/db/errors.hpp>
#include "db/statement_text.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

std::string shown(const value& v) {
  switch (v.is) {
    case kind::null:
      return "null";
    case kind::boolean:
      return v.boolean ? "true" : "false";
    case kind::integer:
      return std::to_string(v.integer);
    case kind::real: {
      char text[32];
      std::snprintf(text, sizeof text, "%.17g", v.real);
      return text;
    }
    case kind::blob:
      return std::to_string(v.bytes.size()) + " bytes";
    default:
      return quoted_text(v.bytes);
  }
}

}  // namespace

void cell::wrong(const std::string& cause, const char* sqlstate) const {
  const column& c = store.columns()[at];
  std::size_t number = store.rows_before + row + 1;
  std::string text = statement_text(store.described.statement) + ": column " + c.name;
  if (!c.type.empty()) text += " (" + c.type + ")";
  text += ", row " + std::to_string(number) + ": " + cause;
  throw conversion_error(std::move(text), sqlstate, store.described.statement, c.name, number);
}

void cell::not_a(const char* wanted) const {
  if (what.is == kind::null)
    wrong(std::string("null is no ") + wanted + ": ask for a std::optional", "22002");
  wrong(shown(what) + " is no " + wanted, what.is == kind::text ? "22018" : "42804");
}

}}}}  // namespace rondo::v0::db::detail
