// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/db/detail/run_transaction.hpp>
#include <rondo/db/verbs.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/pg/batch.hpp>
#include <rondo/pg/detail/copy.hpp>
#include <rondo/pg/detail/lease.hpp>
#include <rondo/pg/transaction.hpp>

namespace rondo { inline namespace v0 { namespace pg {

/// A connection that one has for oneself until it is destroyed: for what lives as long as a
/// session of the server, such as temporary tables, settings and advisory locks; these end as it
/// is given back. Several tasks may use it: their statements run in the order in which they came.
/// Belongs to its loop's thread.
class [[nodiscard]] connection : public db::verbs<connection> {
 public:
  connection(connection&&) noexcept = default;
  connection& operator=(connection&&) noexcept = default;
  ~connection() = default;

  /// Runs body(pg::transaction&) in a transaction, as pool::transaction does. No other task may
  /// use the connection meanwhile. Throws what the body throws, pg::error. Cancelling it rolls
  /// back.
  template <class F>
  RONDO_CORO_COPYING_WRAPPER auto transaction(F&& body, transaction_options options = {}) {
    RONDO_CHECK_CLOSURE(F);
    return db::detail::run_transaction<pg::transaction>(*this, options, options.tries,
                                                        std::decay_t<F>(std::forward<F>(body)));
  }
  /// A transaction for code that commits by itself. Throws pg::error. Cancelling it undoes it.
  task<pg::transaction> begin(transaction_options options = {});

  /// Sends statements together; see pg::batch. Throws pg::error. Cancelling it stops them.
  task<std::vector<db::result>> run(batch what);
  /// Runs several statements, separated by semicolons, without parameters: a file of a schema.
  /// They are one transaction unless they say otherwise. Throws pg::error. Cancelling it stops
  /// them.
  task<> execute_script(std::string sql);

  /// Runs `copy … from stdin` with what a range of texts or an async_generator<std::string>
  /// gives, such as a file's lines: pieces of any size, cut anywhere, which together are in the
  /// format that the statement names. Gives the number of rows. A range that is passed by its
  /// name must live until then. Throws pg::error, and what the source throws; then, and when it
  /// is cancelled, nothing was copied (cancelled at its very end, all of it may have been).
  template <class Source>
  RONDO_CORO_COPYING_WRAPPER task<std::uint64_t> copy_in(std::string sql, Source&& source) {
    return detail::copy_in<Source>(copy_channel(), std::move(sql), std::forward<Source>(source));
  }
  /// Runs `copy … to stdout` and gives what comes, a row a piece in text formats; no more is
  /// read while nobody asks. It has the connection for itself until its end. Throws pg::error.
  /// Destroying it, and cancelling a next(), stops the statement.
  RONDO_CORO_COPYING_WRAPPER async_generator<std::string> copy_out(std::string sql) {
    return detail::copy_out(copy_channel(), std::move(sql));
  }

  /// The number of the server's process, as pg_stat_activity shows it.
  int server_process() const noexcept;

 private:
  friend class db::verbs<connection>;
  friend class pool;
  explicit connection(detail::lease l) noexcept : lease_(std::move(l)) {}

  task<db::result> run_statement(std::string sql, db::detail::parameters values);
  task<std::uint64_t> run_many(std::string sql, db::detail::row_feed rows);
  rondo::detail::ref<db::detail::row_source> open_rows(std::string sql,
                                                       db::detail::parameters values);
  rondo::detail::ref<detail::copy_channel> copy_channel();

  detail::lease lease_;
};

}}}  // namespace rondo::v0::pg
