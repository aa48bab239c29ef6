// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/db/detail/run_transaction.hpp>
#include <rondo/db/verbs.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/sqlite/blob.hpp>
#include <rondo/sqlite/detail/kept.hpp>
#include <rondo/sqlite/options.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

/// What the body of a transaction gets: the same calls as a database's, all of them part of the
/// transaction. Belongs to the loop's thread; of no use when the transaction is over
/// (usage_error).
class transaction_scope : public db::verbs<transaction_scope> {
 public:
  transaction_scope(transaction_scope&&) noexcept = default;
  transaction_scope& operator=(transaction_scope&&) = delete;
  ~transaction_scope();

  /// A transaction within this one, which can be undone alone: a savepoint. What body throws
  /// undoes it, and is thrown. Cancelling it undoes it before this one goes on.
  template <class F>
  RONDO_CORO_WRAPPER auto transaction(F&& body) {
    RONDO_CHECK_CLOSURE(F);
    return db::detail::run_transaction<transaction_scope>(*this, transaction_options{}, 1,
                                                          std::decay_t<F>(std::forward<F>(body)));
  }

  /// As database::open_blob; it can be written to. Throws sqlite::error. Cancelled, there is none.
  RONDO_CORO_WRAPPER task<blob> open_blob(std::string table, std::string column, std::int64_t row);

 private:
  friend class database;
  friend db::verbs<transaction_scope>;
  template <class Transaction, class Self, class Options, class F>
  friend task<db::detail::body_result<F, Transaction>> db::detail::run_transaction(Self&, Options,
                                                                                   int, F);
  explicit transaction_scope(detail::kept<detail::scope> s) noexcept : scope_(std::move(s)) {}

  task<db::result> run_statement(std::string sql, db::detail::parameters values);
  task<std::uint64_t> run_many(std::string sql, db::detail::row_feed rows);
  rondo::detail::ref<db::detail::row_source> open_rows(std::string sql,
                                                       db::detail::parameters values);
  task<transaction_scope> begin(transaction_options options);
  task<> commit();
  task<> rollback();

  detail::kept<detail::scope> scope_;
};

/// For short.
using transaction = transaction_scope;

}}}  // namespace rondo::v0::sqlite
