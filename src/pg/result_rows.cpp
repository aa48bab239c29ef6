// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/result_rows.hpp"

#include <charconv>
#include <utility>

#include "db/array_text.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

using db::detail::kind;

struct known_type {
  Oid oid;
  Oid array;
  const char* name;
  kind is;
};

/// What differs from plain text, or is worth a name in an error. The numbers are fixed:
/// src/include/catalog/pg_type.dat of PostgreSQL.
constexpr known_type known_types[] = {
    {23, 1007, "int4", kind::integer},       {20, 1016, "int8", kind::integer},
    {25, 1009, "text", kind::text},          {16, 1000, "bool", kind::boolean},
    {701, 1022, "float8", kind::real},       {1700, 1231, "numeric", kind::text},
    {1184, 1185, "timestamptz", kind::text}, {1043, 1015, "varchar", kind::text},
    {17, 1001, "bytea", kind::escaped},      {2950, 2951, "uuid", kind::text},
    {3802, 3807, "jsonb", kind::text},       {21, 1005, "int2", kind::integer},
    {700, 1021, "float4", kind::real},       {1114, 1115, "timestamp", kind::text},
    {1082, 1182, "date", kind::text},        {1083, 1183, "time", kind::text},
    {1186, 1187, "interval", kind::text},    {114, 199, "json", kind::text},
    {26, 1028, "oid", kind::integer},        {1042, 1014, "bpchar", kind::text},
    {19, 1003, "name", kind::text},
};

}  // namespace

text_rows::text_rows(const PGresult* first, std::string sql) {
  statement = std::move(sql);
  auto fields = static_cast<std::size_t>(PQnfields(first));
  columns.reserve(fields);
  types_.reserve(fields);
  for (std::size_t i = 0; i < fields; ++i) {
    auto at = static_cast<int>(i);
    db::detail::column& c = columns.emplace_back();
    c.name = PQfname(first, at);
    type& t = types_.emplace_back(kind::text, kind::text);
    Oid oid = PQftype(first, at);
    for (const known_type& known : known_types) {
      if (oid == known.oid) {
        c.type = known.name;
        t.is = known.is;
        break;
      }
      if (oid == known.array) {
        c.type = std::string(known.name) + "[]";
        t = {kind::array, known.is};
        break;
      }
    }
    if (c.type.empty()) c.type = "type " + std::to_string(oid);
  }
}

db::detail::value text_rows::typed(std::size_t column, std::string_view text) const noexcept {
  const type& t = types_[column];
  db::detail::value v = db::detail::value_of_text(t.is, text);
  v.element = t.element;
  return v;
}

result_rows::result_rows(PGresult* result, std::string sql)
    : text_rows(result, std::move(sql)),
      result_(result),
      rows_(static_cast<std::size_t>(PQntuples(result))) {
  const char* tuples = PQcmdTuples(result);
  for (; *tuples >= '0' && *tuples <= '9'; ++tuples)
    affected = affected * 10 + static_cast<std::uint64_t>(*tuples - '0');
}

db::detail::value result_rows::at(std::size_t row, std::size_t column) const {
  int r = static_cast<int>(row), c = static_cast<int>(column);
  if (PQgetisnull(result_, r, c)) return {};
  return typed(column,
               {PQgetvalue(result_, r, c), static_cast<std::size_t>(PQgetlength(result_, r, c))});
}

void streamed_rows::add(const PGresult* row) {
  for (int c = 0, n = PQnfields(row); c < n; ++c) {
    if (PQgetisnull(row, 0, c)) {
      places_.push_back({text_.size(), -1});
    } else {
      int length = PQgetlength(row, 0, c);
      places_.push_back({text_.size(), length});
      text_.append(PQgetvalue(row, 0, c), static_cast<std::size_t>(length));
    }
  }
  ++rows_;
}

db::detail::value streamed_rows::at(std::size_t row, std::size_t column) const {
  const place& p = places_[row * columns.size() + column];
  if (p.length < 0) return {};
  return typed(column, std::string_view(text_).substr(p.begin, static_cast<std::size_t>(p.length)));
}

}}}}  // namespace rondo::v0::pg::detail
