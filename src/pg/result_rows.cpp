// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/result_rows.hpp"

#include <cstdint>
#include <cstring>
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

std::uint64_t affected_by(PGresult* result) noexcept {
  std::uint64_t rows = 0;
  for (const char* n = PQcmdTuples(result); *n >= '0' && *n <= '9'; ++n)
    rows = rows * 10 + static_cast<std::uint64_t>(*n - '0');
  return rows;
}

/// All rows of a statement, as libpq keeps them.
class result_rows final : public text_rows {
 public:
  /// Owns the result.
  result_rows(PGresult* result, rondo::detail::ref<description> of) noexcept
      : text_rows(std::move(of)),
        result_(result),
        rows_(static_cast<std::size_t>(PQntuples(result))) {}
  ~result_rows() override { PQclear(result_); }

  std::size_t rows() const noexcept override { return rows_; }
  db::detail::value at(std::size_t row, std::size_t column) const override {
    int r = static_cast<int>(row), c = static_cast<int>(column);
    if (PQgetisnull(result_, r, c)) return {};
    return typed(column,
                 {PQgetvalue(result_, r, c), static_cast<std::size_t>(PQgetlength(result_, r, c))});
  }

 private:
  PGresult* result_;
  std::size_t rows_;
};

/// A few values, copied: libpq's results have two kilobytes each, and many of them at a time
/// are no longer in the processor's cache.
class few_rows final : public text_rows {
 public:
  static constexpr int most_values = 16;
  static constexpr std::size_t most_bytes = 256;

  few_rows(const PGresult* from, rondo::detail::ref<description> of) noexcept
      : text_rows(std::move(of)), rows_(static_cast<std::size_t>(PQntuples(from))) {
    std::uint16_t end = 0;
    std::size_t i = 0;
    for (int r = 0, n = PQntuples(from); r < n; ++r) {
      for (int c = 0, fields = PQnfields(from); c < fields; ++c, ++i) {
        nulls_ |= static_cast<std::uint16_t>((PQgetisnull(from, r, c) ? 1U : 0U) << i);
        auto length = static_cast<std::uint16_t>(PQgetlength(from, r, c));
        std::memcpy(text_ + end, PQgetvalue(from, r, c), length);
        ends_[i] = end = static_cast<std::uint16_t>(end + length);
      }
    }
  }
  static bool hold(const PGresult* result) noexcept {
    int rows = PQntuples(result), fields = PQnfields(result);
    if (rows > most_values || fields > most_values || rows * fields > most_values) return false;
    std::size_t bytes = 0;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < fields; ++c) bytes += static_cast<std::size_t>(PQgetlength(result, r, c));
    return bytes <= most_bytes;
  }

  std::size_t rows() const noexcept override { return rows_; }
  db::detail::value at(std::size_t row, std::size_t column) const override {
    std::size_t i = row * columns().size() + column;
    if (nulls_ >> i & 1) return {};
    std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return typed(column, {text_ + begin, ends_[i] - begin});
  }

 private:
  std::size_t rows_;
  std::uint16_t nulls_ = 0;
  std::uint16_t ends_[most_values];
  char text_[most_bytes];
};

}  // namespace

description::description(const PGresult* first, const std::string& sql) {
  statement = sql;
  auto fields = static_cast<std::size_t>(PQnfields(first));
  columns.reserve(fields);
  types.reserve(fields);
  for (std::size_t i = 0; i < fields; ++i) {
    auto at = static_cast<int>(i);
    db::detail::column& c = columns.emplace_back();
    c.name = PQfname(first, at);
    type& t = types.emplace_back(PQftype(first, at), kind::text, kind::text);
    for (const known_type& known : known_types) {
      if (t.oid == known.oid) {
        c.type = known.name;
        t.is = known.is;
        break;
      }
      if (t.oid == known.array) {
        c.type = std::string(known.name) + "[]";
        t.is = kind::array;
        t.element = known.is;
        break;
      }
    }
    if (c.type.empty()) c.type = "type " + std::to_string(t.oid);
  }
}

bool description::fits(const PGresult* rows) const noexcept {
  if (static_cast<std::size_t>(PQnfields(rows)) != types.size()) return false;
  for (std::size_t i = 0; i < types.size(); ++i) {
    auto at = static_cast<int>(i);
    if (PQftype(rows, at) != types[i].oid || columns[i].name != PQfname(rows, at)) return false;
  }
  return true;
}

db::detail::value text_rows::typed(std::size_t column, std::string_view text) const noexcept {
  const description::type& t = description_->types[column];
  db::detail::value v = db::detail::value_of_text(t.is, text);
  v.element = t.element;
  return v;
}

rondo::detail::ref<db::detail::row_store> make_rows(PGresult* result, const std::string& sql,
                                                    rondo::detail::ref<description>& known) {
  struct clears {
    PGresult* result;
    ~clears() { PQclear(result); }
  } unless_kept{result};
  if (!known || !known->fits(result))
    known = rondo::detail::ref<description>(new description(result, sql));
  rondo::detail::ref<db::detail::row_store> made;
  if (few_rows::hold(result)) {
    made = rondo::detail::ref<db::detail::row_store>(new few_rows(result, known));
  } else {
    made = rondo::detail::ref<db::detail::row_store>(new result_rows(result, known));
    unless_kept.result = nullptr;
  }
  made->affected = affected_by(result);
  return made;
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
  const place& p = places_[row * columns().size() + column];
  if (p.length < 0) return {};
  return typed(column, std::string_view(text_).substr(p.begin, static_cast<std::size_t>(p.length)));
}

}}}}  // namespace rondo::v0::pg::detail
