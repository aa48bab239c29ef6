// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/pg/transaction.hpp>

#include <rondo/coro/errors.hpp>
#include <rondo/pg/connection.hpp>
#include <rondo/pg/error.hpp>
#include <rondo/pg/pool.hpp>
#include "pg/pool_core.hpp"
#include "pg/run.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg {
namespace {

std::string begin_text(const transaction_options& o) {
  std::string sql = "begin";
  switch (o.isolation) {
    case isolation::read_committed:
      break;
    case isolation::repeatable_read:
      sql += " isolation level repeatable read";
      break;
    case isolation::serializable:
      sql += " isolation level serializable";
      break;
  }
  if (o.read_only) sql += " read only";
  if (o.deferrable) sql += " deferrable";
  return sql;
}

/// Begins or ends a transaction or a part of one. Short, and the state of what is around it
/// hangs on it: a task that is cancelled meanwhile does not wait for it, but does not stop it.
rondo::detail::ref<detail::statement> plain(std::string sql) {
  rondo::detail::ref<detail::statement> made(
      new detail::statement(std::move(sql), db::detail::parameters(), false));
  made->must_run = true;
  return made;
}

}  // namespace

transaction::transaction(detail::lease l) noexcept
    : lease_(std::move(l)), link_(&lease_.get()), pool_(&lease_.pool()), open_(true) {}

transaction::transaction(detail::link& l, detail::pool_core& pool, unsigned savepoint) noexcept
    : link_(&l), pool_(&pool), savepoint_(savepoint), open_(true) {}

transaction::transaction(transaction&& other) noexcept
    : lease_(std::move(other.lease_)),
      link_(std::exchange(other.link_, nullptr)),
      pool_(other.pool_),
      savepoint_(other.savepoint_),
      next_savepoint_(other.next_savepoint_),
      open_(std::exchange(other.open_, false)) {}

transaction::~transaction() {
  // With the lease the pool gets an open transaction, and rolls back.
  if (!open_ || lease_) return;
  // Before what is said next on this connection. Nobody waits for it.
  try {
    if (savepoint_ == 0) {
      link_->submit(*plain("rollback"));
    } else {
      link_->submit(*plain("rollback to savepoint " + savepoint_name()));
      link_->submit(*plain("release savepoint " + savepoint_name()));
    }
  } catch (...) {
    link_->fail("a transaction could not be rolled back: out of memory");
  }
}

std::string transaction::savepoint_name() const { return "rondo_" + std::to_string(savepoint_); }

task<> transaction::commit() {
  if (!open_) throw usage_error("pg::transaction::commit: it has ended");
  auto last = plain(savepoint_ == 0 ? "commit" : "release savepoint " + savepoint_name());
  open_ = false;
  try {
    co_await detail::ask(*pool_, *link_, *last);
  } catch (const error&) {
    open_ = savepoint_ != 0;  // one that could not be released is still to be rolled back
    throw;
  }
  if (savepoint_ == 0 && last->was_rolled_back()) {
    error_fields fields;
    fields.severity = "ERROR";
    fields.message = "rolled back, for a statement of the transaction had failed";
    std::string text = "commit: " + fields.message + " (25P02)";
    throw error(std::move(text), "25P02", "commit", std::move(fields));
  }
}

task<> transaction::rollback() {
  if (!open_) co_return;
  open_ = false;
  try {
    if (savepoint_ == 0) {
      auto last = plain("rollback");
      co_await detail::ask(*pool_, *link_, *last);
    } else {
      auto back = plain("rollback to savepoint " + savepoint_name());
      auto release = plain("release savepoint " + savepoint_name());
      link_->submit(*back);
      co_await detail::ask(*pool_, *link_, *release);
    }
  } catch (const error&) {
    // The connection is lost, and the transaction with it; else the pool will see to it.
  }
}

task<transaction> transaction::begin(savepoint_options) {
  if (!open_) throw usage_error("pg::transaction::begin: it has ended");
  transaction inner(*link_, *pool_, savepoint_ * 1000 + next_savepoint_++);
  auto first = plain("savepoint " + inner.savepoint_name());
  co_await detail::ask(*pool_, *link_, *first);
  co_return inner;
}

task<db::result> transaction::run_statement(std::string sql, db::detail::parameters values) {
  if (!open_) throw usage_error("pg::transaction::query: it has ended");
  co_return co_await detail::run_statement(*pool_, *link_, std::move(sql), std::move(values));
}

task<std::uint64_t> transaction::run_many(std::string sql, db::detail::row_feed rows) {
  if (!open_) throw usage_error("pg::transaction::execute_many: it has ended");
  co_return co_await detail::run_many(*pool_, *link_, std::move(sql), std::move(rows));
}

rondo::detail::ref<db::detail::row_source> transaction::open_rows(std::string sql,
                                                                  db::detail::parameters values) {
  if (!open_) throw usage_error("pg::transaction::rows: it has ended");
  return detail::open_rows(*pool_, link_, std::move(sql), std::move(values));
}

task<std::vector<db::result>> transaction::run(batch what) {
  if (!open_) throw usage_error("pg::transaction::run: it has ended");
  co_return co_await detail::run_batch(*pool_, *link_, std::move(what));
}

rondo::detail::ref<detail::copy_channel> transaction::copy_channel() {
  if (!open_) throw usage_error("pg::transaction::copy_in: it has ended");
  return detail::make_copy_channel(*pool_, link_);
}

// --- Of a pool, and of a connection that one has.

task<pg::transaction> pool::begin(transaction_options options) {
  detail::lease l = co_await core().acquire(true);
  auto first = plain(begin_text(options));
  co_await detail::ask(core(), l.get(), *first);
  co_return pg::transaction(std::move(l));
}

task<pg::transaction> connection::begin(transaction_options options) {
  auto first = plain(begin_text(options));
  // Made before it has begun: BEGIN runs also if this is cancelled, and is undone then.
  pg::transaction begun(lease_.get(), lease_.pool(), 0);
  co_await detail::ask(lease_.pool(), lease_.get(), *first);
  co_return begun;
}

task<db::result> connection::run_statement(std::string sql, db::detail::parameters values) {
  co_return co_await detail::run_statement(lease_.pool(), lease_.get(), std::move(sql),
                                           std::move(values));
}

task<std::uint64_t> connection::run_many(std::string sql, db::detail::row_feed rows) {
  co_return co_await detail::run_many(lease_.pool(), lease_.get(), std::move(sql), std::move(rows));
}

rondo::detail::ref<db::detail::row_source> connection::open_rows(std::string sql,
                                                                 db::detail::parameters values) {
  return detail::open_rows(lease_.pool(), &lease_.get(), std::move(sql), std::move(values));
}

rondo::detail::ref<detail::copy_channel> connection::copy_channel() {
  return detail::make_copy_channel(lease_.pool(), &lease_.get());
}

task<std::vector<db::result>> connection::run(batch what) {
  co_return co_await detail::run_batch(lease_.pool(), lease_.get(), std::move(what));
}

task<> connection::execute_script(std::string sql) {
  co_await detail::run_script(lease_.pool(), lease_.get(), std::move(sql));
}

int connection::server_process() const noexcept { return lease_.get().server_process(); }

}}}  // namespace rondo::v0::pg
