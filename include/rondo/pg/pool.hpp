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
#include <rondo/detail/unique_function.hpp>
#include <rondo/pg/batch.hpp>
#include <rondo/pg/connection.hpp>
#include <rondo/pg/detail/copy.hpp>
#include <rondo/pg/listener.hpp>
#include <rondo/pg/notice.hpp>
#include <rondo/pg/pool_options.hpp>
#include <rondo/pg/transaction.hpp>

namespace rondo { inline namespace v0 { namespace pg {

/// Connections to a PostgreSQL server, opened as they are needed and used again: what a program
/// has one of.
///
///     rondo::pg::pool db("postgres://app@localhost/shop");
///     auto name = co_await db.one<std::string>("select name from item where id = $1", 7);
///
/// It goes on through restarts of the server, failovers and lost connections: it tries for
/// ever, and who waits for a connection fails at his own time, with the reason of the last
/// attempt. A statement that was sent when its connection broke is not sent again, for it may
/// have been executed.
///
/// Belongs to the loop in which it was made, and its tasks' statements must have ended when it
/// is destroyed.
class pool : public db::verbs<pool> {
 public:
  /// conninfo: a URL or "host=db1,db2 dbname=shop target_session_attrs=read-write", as every
  /// client of PostgreSQL takes it, with its environment variables and password file; `sslmode`
  /// and the like are part of it. Connects at first use. Throws usage_error for what cannot be
  /// understood, and where no loop runs.
  explicit pool(const std::string& conninfo, pool_options options = {});
  pool(pool&&) noexcept = default;
  pool& operator=(pool&&) = delete;
  ~pool();

  /// Opens the first connection, if there is none: for programs that want to know at their
  /// start whether they can. Where all else waits and tries again, this throws connection_error
  /// after the first attempt at each host. Cancelling it leaves none.
  task<> connect();

  /// A connection for oneself. Throws timeout_error after acquire_timeout, which says who has
  /// them all or why there is none. Cancelling it takes none.
  task<connection> acquire();

  /// Runs body(pg::transaction&) in a transaction on a connection of its own, and commits when
  /// it returns; gives what it returns. Throws what the body throws, after a rollback, and
  /// pg::error. Cancelling it rolls back.
  ///
  ///     auto move = [&](rondo::pg::transaction& t) -> rondo::task<> { … };
  ///     co_await db.transaction(move, {.isolation = rondo::pg::isolation::serializable});
  template <class F>
  RONDO_CORO_COPYING_WRAPPER auto transaction(F&& body, transaction_options options = {}) {
    RONDO_CHECK_CLOSURE(F);
    return db::detail::run_transaction<pg::transaction>(*this, options, options.tries,
                                                        std::decay_t<F>(std::forward<F>(body)));
  }
  /// A transaction for code that commits by itself. Throws as acquire, and pg::error. Cancelling
  /// it undoes it.
  task<pg::transaction> begin(transaction_options options = {});

  /// Sends statements together; see pg::batch. Throws as acquire, and pg::error. Cancelling it
  /// stops them.
  task<std::vector<db::result>> run(batch what);
  /// Runs several statements, separated by semicolons, without parameters: a file of a schema.
  /// They are one transaction unless they say otherwise. Throws as acquire, and pg::error.
  /// Cancelling it stops them.
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

  /// Listens on channels, on a connection of its own beside the pool's; it is in effect when
  /// this returns. Throws pg::connection_error when it cannot begin. Cancelling it ends it.
  ///
  ///     auto news = co_await db.listen("orders");
  ///     while (auto n = co_await news.next()) { … }
  template <class... More>
  RONDO_CORO_COPYING_WRAPPER task<listener> listen(std::string channel, More... more) {
    std::vector<std::string> channels;
    channels.push_back(std::move(channel));
    (channels.emplace_back(std::move(more)), ...);
    return listen_to(std::move(channels));
  }

  /// Is told of the server's warnings and notices. It must not throw. Without one they are
  /// not heard.
  void on_notice(rondo::detail::unique_function<void(const notice&)> f);
  pool_statistics statistics() const;
  /// Takes no more statements, and waits until those that run have ended and every connection
  /// is closed. Throws nothing. Cancelling it leaves the pool closing.
  task<> close();

 private:
  friend class db::verbs<pool>;

  task<db::result> run_statement(std::string sql, db::detail::parameters values);
  task<std::uint64_t> run_many(std::string sql, db::detail::row_feed rows);
  rondo::detail::ref<db::detail::row_source> open_rows(std::string sql,
                                                       db::detail::parameters values);
  rondo::detail::ref<detail::copy_channel> copy_channel();
  task<listener> listen_to(std::vector<std::string> channels);
  detail::pool_core& core() const;

  rondo::detail::ref<detail::pool_core> core_;
};

}}}  // namespace rondo::v0::pg
