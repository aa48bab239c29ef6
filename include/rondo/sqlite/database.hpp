// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/db/detail/run_transaction.hpp>
#include <rondo/db/verbs.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/sqlite/backup.hpp>
#include <rondo/sqlite/blob.hpp>
#include <rondo/sqlite/detail/kept.hpp>
#include <rondo/sqlite/detail/user_function.hpp>
#include <rondo/sqlite/errors.hpp>
#include <rondo/sqlite/options.hpp>
#include <rondo/sqlite/session.hpp>
#include <rondo/sqlite/transaction.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

namespace detail {

/// Runs a function on a connection's thread.
using session_body = rondo::detail::unique_function<void(session&)>;

template <class F>
task<std::invoke_result_t<F&, session&>> run_function(task<> (*run)(kept<core>, bool, session_body),
                                                      kept<core> c, bool read_only, F f) {
  using R = std::invoke_result_t<F&, session&>;
  if constexpr (std::is_void_v<R>) {
    session_body body = [&f](session& s) { f(s); };
    co_await run(std::move(c), read_only, std::move(body));
  } else {
    std::optional<R> value;
    session_body body = [&f, &value](session& s) { value.emplace(f(s)); };
    co_await run(std::move(c), read_only, std::move(body));
    co_return std::move(*value);
  }
}

}  // namespace detail

/// An SQLite database in a file, or ":memory:". One connection writes, several read beside it,
/// each on a thread of its own, so that no statement holds the loop. Its calls (query, one,
/// first, all, rows, execute, execute_many) are those of every database:
///
///     auto db = co_await rondo::sqlite::open("app.db");
///     co_await db.execute("insert into user(name) values(?)", name);
///     auto users = co_await db.all<user>("select id, name from user where age > ?", 17);
///
/// What changes something is done in the order in which it was asked for. A statement that
/// only reads sees all that was awaited before. Belongs to the loop's thread, where many tasks
/// may use it at a time. When the last that refers to it is gone (this, what it has begun) its
/// threads end, and with the loop.
class database : public db::verbs<database> {
 public:
  database() noexcept = default;
  database(database&&) noexcept = default;
  database& operator=(database&&) noexcept = default;
  ~database() = default;

  /// False for a default-constructed, closed or moved-from one; using that is a usage_error.
  explicit operator bool() const noexcept { return static_cast<bool>(core_); }
  /// As it was opened.
  const std::string& path() const;

  /// Runs body(sqlite::transaction&), a coroutine, as one transaction: commits when it
  /// returns, undoes all when it throws, and gives or throws what it did. It may write from its
  /// beginning on (BEGIN IMMEDIATE) and so waits in line for the other writers, unless the
  /// options say otherwise. Throws sqlite::error. Cancelling it undoes it.
  template <class F>
  RONDO_CORO_WRAPPER auto transaction(F&& body, transaction_options options = {}) {
    RONDO_CHECK_CLOSURE(F);
    return db::detail::run_transaction<transaction_scope>(*this, options, options.tries,
                                                          std::decay_t<F>(std::forward<F>(body)));
  }

  /// Calls f(sqlite::session&), a plain function, on the writer's thread, inside of one
  /// transaction, and gives what it returns: many statements at the price of one hand-over.
  /// What f throws undoes all and is thrown. Cancelling it stops the statement that runs, and
  /// waits for f, whose next statement throws.
  template <class F>
  RONDO_CORO_WRAPPER auto run(F&& f) {
    RONDO_CHECK_CLOSURE(F);
    return detail::run_function<std::decay_t<F>>(&run_body, checked(), false, std::forward<F>(f));
  }
  /// The same on a reader's thread: f sees the database as it was when it began, and cannot
  /// change it. Throws and is cancelled as run.
  template <class F>
  RONDO_CORO_WRAPPER auto run_read(F&& f) {
    RONDO_CHECK_CLOSURE(F);
    return detail::run_function<std::decay_t<F>>(&run_body, checked(), true, std::forward<F>(f));
  }

  /// Runs several statements, separated by semicolons, as one transaction: all or none.
  /// Throws sqlite::error. Cancelling it undoes them.
  task<> execute_script(std::string sql);

  /// Opens a blob or text to be read in pieces; it holds a reader meanwhile. row is its rowid.
  /// Throws sqlite::error. Cancelled, there is none.
  RONDO_CORO_WRAPPER task<blob> open_blob(std::string table, std::string column, std::int64_t row);

  /// Copies the database, as it is when this begins, into a file, which it makes or whose
  /// content it replaces, while others read and write. Throws sqlite::error. Cancelled, the
  /// file is as before.
  task<> backup(std::string path, backup_options options = {});

  /// A value each time that another process, or another `database` in this one, has changed the
  /// file: what has changed it does not say. It sees changes from its first next() on, not
  /// those of this database. It looks when the file's log is written to, and at the latest
  /// after `interval`. Cancelling a next() ends it.
  RONDO_CORO_WRAPPER async_generator<std::uint64_t> changes(
      delay interval = std::chrono::seconds(1));

  /// Lets SQL call f, for its result from its arguments, which are converted as columns are:
  ///
  ///     db.create_function("half", [](std::int64_t n) { return n / 2; });
  ///
  /// Each connection has a copy of f, called on its thread; f must not use the database. What it
  /// throws is the statement's error. Statements that begin from now on know it; in place of one
  /// of the same name and number of arguments, on a connection with open rows or blobs when these
  /// are closed. Throws usage_error for a name that SQL cannot have.
  template <class F>
  void create_function(std::string name, F f, function_options options = {}) {
    add_function(
        std::make_shared<detail::scalar_function<F>>(std::move(name), std::move(f), options));
  }
  /// The same over the rows of a group: each begins with a copy of initial, step(state&,
  /// arguments…) is called for each of its rows, finish(state&) gives the result.
  template <class State, class Step, class Finish>
  void create_aggregate(std::string name, State initial, Step step, Finish finish,
                        function_options options = {}) {
    add_function(std::make_shared<detail::aggregate_function<State, Step, Finish>>(
        std::move(name), std::move(initial), std::move(step), std::move(finish), options));
  }

  /// Ends it: new statements are refused (usage_error), what was begun is waited for, also
  /// transactions and streams of rows. Cancelled, it ends in the background.
  task<> close();

 private:
  friend task<database> open_database(std::string path, open_options options,
                                      std::string on_connect);
  friend db::verbs<database>;
  template <class Transaction, class Self, class Options, class F>
  friend task<db::detail::body_result<F, Transaction>> db::detail::run_transaction(Self&, Options,
                                                                                   int, F);
  explicit database(detail::kept<detail::core> c) noexcept : core_(std::move(c)) {}

  task<db::result> run_statement(std::string sql, db::detail::parameters values);
  task<std::uint64_t> run_many(std::string sql, db::detail::row_feed rows);
  rondo::detail::ref<db::detail::row_source> open_rows(std::string sql,
                                                       db::detail::parameters values);
  task<transaction_scope> begin(transaction_options options);

  /// Throws usage_error when it is none.
  detail::kept<detail::core> checked() const;
  void add_function(std::shared_ptr<const detail::user_function> f);
  static task<> run_body(detail::kept<detail::core> c, bool read_only, detail::session_body body);

  detail::kept<detail::core> core_;
};

/// Opens a database; ":memory:" is one of its own in memory. Throws sqlite::error when it
/// cannot be had. Cancelled, it is not opened.
RONDO_CORO_WRAPPER task<database> open(std::string path, open_options options = {});

}}}  // namespace rondo::v0::sqlite
