// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/db/detail/parameters.hpp>
#include <rondo/db/result.hpp>
#include "pg/link.hpp"
#include "pg/request.hpp"
#include "pg/result_rows.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// Says a statement by the name under which it is prepared, and prepares it before if it is
/// not: without waiting, for both go out together. False: libpq has refused.
enum class preparing : unsigned char { no, prepared, now };
preparing send_prepare(link& on, const std::string& sql, statement_cache::prepared*& as);
/// The rows of a statement; takes the result. known: what its rows are made of, if that is known.
db::result take_rows(link& from, PGresult* result, const std::string& sql,
                     rondo::detail::ref<description>& known);

/// One statement with its Sync, and its rows.
class statement final : public request {
 public:
  statement(std::string sql, db::detail::parameters values, bool prepare)
      : sql_(std::move(sql)), values_(std::move(values)), prepare_(prepare) {}

  bool send(link& on) override;
  void got(link& from, PGresult* part) override;
  const std::string& text() const noexcept override { return sql_; }

  /// After its end.
  db::result take_result() { return std::move(result_); }
  /// The error is that of a prepared statement that is not valid any more: the statement has
  /// not been executed, and asked again it is prepared again.
  bool is_stale() const noexcept { return stale_; }
  /// The same again, in place of this one.
  statement* once_more() { return new statement(std::move(sql_), std::move(values_), prepare_); }
  /// The server answered with ROLLBACK, which it does to COMMIT when the transaction had failed.
  bool was_rolled_back() const noexcept { return rolled_back_; }

 private:
  std::string sql_;
  db::detail::parameters values_;
  db::result result_;
  rondo::detail::ref<description> description_;
  bool prepare_;
  bool awaits_prepare_ = false;
  bool stale_ = false;
  bool rolled_back_ = false;
};

/// Whether this error means that a prepared statement is not known, or not valid since tables
/// have changed.
enum class stale : unsigned char { no, gone, changed };
stale says_stale(const PGresult* problem) noexcept;

}}}}  // namespace rondo::v0::pg::detail
