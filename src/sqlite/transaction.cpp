// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/transaction.hpp>

#include "sqlite/connection_operation.hpp"
#include "sqlite/row_streams.hpp"
#include "sqlite/scope.hpp"

namespace rondo { inline namespace v0 { namespace sqlite {

using detail::connection;
using detail::connection_operation;
using detail::if_cancelled;
using detail::lease;
using detail::scope;
using detail::statement_of;
using detail::work_of;
using rondo::detail::ref;

transaction_scope::~transaction_scope() {
  if (scope_) scope_->end();
}

task<db::result> transaction_scope::run_statement(std::string sql, db::detail::parameters values) {
  detail::kept<scope> s = scope_;
  lease* in = s->in("query");
  ref<detail::stored_rows> rows(new detail::stored_rows);
  auto run = statement_of([&](connection& c) { rows->affected = c.run(sql, values, rows.get()); });
  co_await connection_operation(s->of(), in, run);
  rows->description.statement = std::move(sql);
  co_return db::result(ref<db::detail::row_store>(rows.get()));
}

task<std::uint64_t> transaction_scope::run_many(std::string sql, db::detail::row_feed rows) {
  detail::kept<scope> s = scope_;
  lease* in = s->in("execute_many");
  std::uint64_t changed = 0;
  auto all = work_of([&](connection& c) {
    constexpr int depth = 1'000'000;  // deeper than all that have a scope
    c.set_savepoint(depth);
    try {
      changed = c.run_many(sql, rows);
      c.release_savepoint(depth);
    } catch (...) {
      c.roll_back_to(depth);
      throw;
    }
  });
  co_await connection_operation(s->of(), in, all);
  co_return changed;
}

rondo::detail::ref<db::detail::row_source> transaction_scope::open_rows(
    std::string sql, db::detail::parameters values) {
  return detail::stream_rows(ref<scope>(scope_.get()), std::move(sql), std::move(values));
}

task<transaction_scope> transaction_scope::begin(transaction_options) {
  transaction_scope made(detail::kept<scope>(new scope(ref<scope>(scope_.get()))));
  scope& s = *made.scope_;
  lease* in = scope_->in("transaction");
  auto begin = work_of([&](connection& c) { c.set_savepoint(s.depth()); });
  co_await connection_operation(s.of(), in, begin);
  s.begun();
  co_return made;
}

// Not to be stopped once they run: there is nothing half done in them.
task<> transaction_scope::commit() {
  detail::kept<scope> s = scope_;
  lease* in = s->in("commit");
  auto commit = work_of([&](connection& c) {
    if (s->depth() > 0) {
      c.release_savepoint(s->depth());
    } else {
      c.commit();
      c.leased_to = nullptr;
    }
  });
  {
    scope::ending now(*s.get());
    co_await connection_operation(s->of(), in, commit, if_cancelled::goes_on);
  }
  s->over();
}

task<> transaction_scope::rollback() {
  detail::kept<scope> s = scope_;
  if (!s->open()) co_return;
  lease* in = s->in("rollback");
  auto undo = work_of([&](connection& c) {
    if (s->depth() > 0) {
      c.roll_back_to(s->depth());
    } else {
      c.end_lease();
    }
  });
  bool undone = false;
  try {
    scope::ending now(*s.get());
    co_await connection_operation(s->of(), in, undo, if_cancelled::goes_on);
    undone = true;
  } catch (...) {  // the end of the lease undoes it: what counts is why it is undone
    s->end();
  }
  if (undone) s->over();
}

}}}  // namespace rondo::v0::sqlite
