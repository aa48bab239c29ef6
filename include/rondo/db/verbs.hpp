// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/db/detail/conversion.hpp>
#include <rondo/db/detail/row_source.hpp>
#include <rondo/db/detail/verbs.hpp>
#include <rondo/db/result.hpp>
#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 { namespace db {

/// What one says to every database, the same for each: a base of `pg::pool`,
/// `sqlite::database`, their connections and transactions.
///
/// sql is one statement; its parameters are `$1, $2` for PostgreSQL, `?` for SQLite. What
/// is passed for them is copied at once, and sent beside the statement, never spliced into it.
///
/// Each throws db::error, of the database's own kind when it came from there. Cancelling
/// stops the statement in the database as far as that can be, and leaves the connection
/// usable; whether the statement has had its effect is then unknown, but for a transaction,
/// which is rolled back.
///
/// Belongs to the loop's thread.
//
// A Self has
//   task<result> run_statement(std::string sql, detail::parameters values);
//   task<std::uint64_t> run_many(std::string sql, detail::row_feed rows);
//   rondo::detail::ref<detail::row_source> open_rows(std::string sql, detail::parameters values);
template <class Self>
class verbs {
 public:
  /// Runs a statement and gives its rows. Throws db::error. Cancelling it stops the statement.
  template <class... A>
  RONDO_CORO_COPYING_WRAPPER task<result> query(std::string_view sql, const A&... args) {
    return self().run_statement(std::string(sql), detail::encode(args...));
  }
  /// The only row, as T: a value, a std::tuple, or a struct with RONDO_FIELDS. Throws
  /// row_count_error when there are none or several, conversion_error, db::error. Cancelling
  /// it stops the statement.
  template <class T, class... A>
  RONDO_CORO_COPYING_WRAPPER task<T> one(std::string_view sql, const A&... args) {
    return detail::one_of<T>(self().run_statement(std::string(sql), detail::encode(args...)));
  }
  /// The first row, or nothing when there is none. Throws and is cancelled as one.
  template <class T, class... A>
  RONDO_CORO_COPYING_WRAPPER task<std::optional<T>> first(std::string_view sql, const A&... args) {
    return detail::first_of<T>(self().run_statement(std::string(sql), detail::encode(args...)));
  }
  /// All rows, in memory. Throws and is cancelled as one.
  template <class T, class... A>
  RONDO_CORO_COPYING_WRAPPER task<std::vector<T>> all(std::string_view sql, const A&... args) {
    return detail::all_of<T>(self().run_statement(std::string(sql), detail::encode(args...)));
  }
  /// Row after row, without having them all in memory: no more are fetched while nobody asks.
  /// It holds a connection of its own until its end. Throws db::error, conversion_error.
  /// Destroying it, and cancelling a next(), stops the statement.
  template <class T, class... A>
  RONDO_CORO_COPYING_WRAPPER async_generator<T> rows(std::string_view sql, const A&... args) {
    return detail::each_row<T>(self().open_rows(std::string(sql), detail::encode(args...)));
  }
  /// Runs a statement for its effect, and gives the number of rows that it inserted, updated or
  /// deleted. Throws db::error. Cancelling it stops the statement.
  template <class... A>
  RONDO_CORO_COPYING_WRAPPER task<std::uint64_t> execute(std::string_view sql, const A&... args) {
    return detail::affected_by(self().run_statement(std::string(sql), detail::encode(args...)));
  }
  /// Runs a statement once for each row of a range (values, tuples or structs with
  /// RONDO_FIELDS), all of them or none: in one transaction. Gives the number of rows that
  /// they inserted, updated or deleted together. A range that is passed by its name must live
  /// until then. Throws db::error, which says at which row. Cancelling it undoes what was done.
  template <class Range>
  RONDO_CORO_COPYING_WRAPPER task<std::uint64_t> execute_many(std::string_view sql, Range&& range) {
    return self().run_many(std::string(sql),
                           detail::row_feed(detail::fed_range<Range>(std::forward<Range>(range))));
  }

 protected:
  verbs() noexcept = default;
  verbs(const verbs&) noexcept = default;
  verbs& operator=(const verbs&) noexcept = default;
  ~verbs() = default;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}}}  // namespace rondo::v0::db
