// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/db/detail/run_transaction.hpp>
#include <rondo/db/verbs.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/pg/detail/copy.hpp>
#include <rondo/pg/detail/lease.hpp>

namespace rondo { inline namespace v0 { namespace pg {

class batch;

enum class isolation : unsigned char { read_committed, repeatable_read, serializable };

struct transaction_options {
  pg::isolation isolation = pg::isolation::read_committed;
  bool read_only = false;
  /// With read_only and serializable: waits until it can run without ever being in the way.
  bool deferrable = false;
  /// How often the body runs at most, when the server chooses it to give way to another
  /// transaction (SQLSTATE 40001, 40P01). What it did outside of the database it does again.
  int tries = 1;
};
static_assert(std::is_trivially_destructible_v<transaction_options>);

struct savepoint_options {};

/// A transaction, or a savepoint in one: all of it happens, or nothing. Made by
/// `pool::transaction`, or by `begin` for code that commits by itself. Destroyed without a
/// commit, also because its task was cancelled, it is rolled back. Belongs to its loop's
/// thread. Several tasks may use it: their statements run in the order in which they came.
class [[nodiscard]] transaction : public db::verbs<transaction> {
 public:
  transaction(transaction&& other) noexcept;
  transaction& operator=(transaction&&) = delete;
  ~transaction();

  /// Makes it last. Throws pg::error, also when a statement of it had failed and nobody minded:
  /// then it was rolled back. When the connection is lost meanwhile nobody knows. Cancelling it
  /// leaves that open, too.
  task<> commit();
  /// Undoes it; nothing to do where the connection is lost. Throws nothing. Cancelling it
  /// leaves it to the pool.
  task<> rollback();

  /// A transaction within this one: runs body(pg::transaction&), whose failure or cancellation
  /// undoes what the body did and not what was before it. Throws what the body throws, pg::error.
  /// Cancelling it undoes the body's part.
  template <class F>
  RONDO_CORO_COPYING_WRAPPER auto savepoint(F&& body) {
    RONDO_CHECK_CLOSURE(F);
    return db::detail::run_transaction<transaction>(*this, savepoint_options(), 1,
                                                    std::decay_t<F>(std::forward<F>(body)));
  }
  /// The same, for code that commits by itself. Throws pg::error. Cancelling it undoes it.
  task<transaction> begin(savepoint_options options = {});

  /// As pool::run. Throws pg::error.
  /// Cancelling it stops its statements.
  task<std::vector<db::result>> run(batch what);

  /// Runs `copy … from stdin` with what a range of texts or an async_generator<std::string>
  /// gives, such as a file's lines: pieces of any size, cut anywhere, which together are in the
  /// format that the statement names. Gives the number of rows. A range that is passed by its
  /// name must live until then. Throws pg::error, and what the source throws; then, and when it
  /// is cancelled, nothing was copied.
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

 private:
  friend class db::verbs<transaction>;
  friend class pool;
  friend class connection;
  explicit transaction(detail::lease l) noexcept;
  transaction(detail::link& l, detail::pool_core& pool, unsigned savepoint) noexcept;

  task<db::result> run_statement(std::string sql, db::detail::parameters values);
  task<std::uint64_t> run_many(std::string sql, db::detail::row_feed rows);
  rondo::detail::ref<db::detail::row_source> open_rows(std::string sql,
                                                       db::detail::parameters values);
  rondo::detail::ref<detail::copy_channel> copy_channel();
  std::string savepoint_name() const;

  detail::lease lease_;           // of the outermost
  detail::link* link_ = nullptr;  // null: moved away
  detail::pool_core* pool_ = nullptr;
  unsigned savepoint_ = 0;  // 0: it is the transaction itself
  unsigned next_savepoint_ = 1;
  bool open_ = false;
};

}}}  // namespace rondo::v0::pg
