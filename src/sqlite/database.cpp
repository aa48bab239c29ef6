// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/database.hpp>

#include "sqlite/connection_operation.hpp"
#include "sqlite/core.hpp"
#include "sqlite/end_of_crew.hpp"
#include "sqlite/first_word.hpp"
#include "sqlite/row_streams.hpp"
#include "sqlite/scope.hpp"

namespace rondo { inline namespace v0 { namespace sqlite {

namespace detail {

void retain(core* c) noexcept { c->retain(); }
void release(core* c) noexcept { c->release(); }
void retain(scope* s) noexcept { s->retain(); }
void release(scope* s) noexcept { s->release(); }

}  // namespace detail

using detail::connection;
using detail::connection_operation;
using detail::core;
using detail::scope;
using detail::statement_of;
using detail::work_of;
using rondo::detail::ref;

namespace {

/// Runs f within a transaction of its own.
template <class F>
void as_transaction(connection& c, connection::begin_as how, F f) {
  c.begin(how);
  try {
    f();
    c.commit();
  } catch (...) {
    c.rollback();
    throw;
  }
}

}  // namespace

task<database> open_database(std::string path, open_options options, std::string on_connect) {
  options.on_connect = on_connect;
  if (path.find('\0') != path.npos)
    throw usage_error("sqlite::open: the path has a zero byte in it");
  if (options.readers < 0) throw usage_error("sqlite::open " + path + ": readers is negative");
  auto& all = loop::current().local<detail::databases_of_loop>();
  detail::kept<core> made(new core(std::move(path), options));
  all.add(*made);
  auto nothing = work_of([](connection&) {});
  co_await connection_operation(made->writer(), nullptr, nothing);
  co_return database(std::move(made));
}

task<database> open(std::string path, open_options options) {
  return open_database(std::move(path), options, std::string(options.on_connect));
}

detail::kept<core> database::checked() const {
  if (!core_) throw usage_error("sqlite::database: it is not open");
  if (core_->of_parent())
    throw usage_error("sqlite " + core_->path() +
                      ": it was opened by the process that forked this one");
  if (core_->home != rondo::detail::this_thread_scheduler_id)
    throw usage_error("sqlite " + core_->path() +
                      (rondo::detail::is_alive(core_->home)
                           ? ": it belongs to the loop of another thread"
                           : ": it is closed, as its loop is"));
  return core_;
}

const std::string& database::path() const { return checked()->path(); }

task<db::result> database::run_statement(std::string sql, db::detail::parameters values) {
  detail::kept<core> c = checked();
  ref<detail::stored_rows> rows(new detail::stored_rows);
  bool done = false;
  if (c->has_readers() && detail::may_be_read_only(sql)) {
    std::size_t holds = c->check_not_waiting_for_itself(c->readers());
    auto read = statement_of([&](connection& to) {
      auto count = to.run_if_it_only_reads(sql, values, rows.get());
      done = count.has_value();
      rows->affected = count.value_or(0);
    });
    co_await connection_operation(c->readers(), nullptr, read, holds);
  }
  if (!done) {
    c->check_not_waiting_for_itself(c->writer());
    auto write =
        statement_of([&](connection& to) { rows->affected = to.run(sql, values, rows.get()); });
    co_await connection_operation(c->writer(), nullptr, write);
  }
  rows->description.statement = std::move(sql);
  co_return db::result(ref<db::detail::row_store>(rows.get()));
}

task<std::uint64_t> database::run_many(std::string sql, db::detail::row_feed rows) {
  detail::kept<core> c = checked();
  c->check_not_waiting_for_itself(c->writer());
  std::uint64_t changed = 0;
  auto all = work_of([&](connection& to) {
    as_transaction(to, connection::begin_as::immediate, [&] { changed = to.run_many(sql, rows); });
  });
  co_await connection_operation(c->writer(), nullptr, all);
  co_return changed;
}

rondo::detail::ref<db::detail::row_source> database::open_rows(std::string sql,
                                                               db::detail::parameters values) {
  return detail::stream_rows(ref<core>(checked().get()), std::move(sql), std::move(values));
}

task<> database::run_body(detail::kept<core> c, bool read_only, detail::session_body body) {
  detail::crew& crew = read_only ? c->readers() : c->writer();
  std::size_t holds = c->check_not_waiting_for_itself(crew);
  auto how = read_only ? connection::begin_as::snapshot : connection::begin_as::immediate;
  auto all = work_of([&](connection& to) {
    as_transaction(to, how, [&] {
      session s(to);
      body(s);
    });
  });
  co_await connection_operation(crew, nullptr, all, holds);
}

task<> database::execute_script(std::string sql) {
  detail::kept<core> c = checked();
  c->check_not_waiting_for_itself(c->writer());
  auto all = work_of([&](connection& to) {
    as_transaction(to, connection::begin_as::immediate, [&] { to.run_script(sql); });
  });
  co_await connection_operation(c->writer(), nullptr, all);
}

task<transaction_scope> database::begin(transaction_options options) {
  detail::kept<core> c = checked();
  detail::crew& crew = options.read_only ? c->readers() : c->writer();
  std::size_t holds = c->check_not_waiting_for_itself(crew);
  transaction_scope made(detail::kept<scope>(new scope(ref<core>(c.get()), crew)));
  detail::lease* lease = made.scope_->in("begin");
  auto how = options.read_only  ? connection::begin_as::snapshot
             : options.deferred ? connection::begin_as::deferred
                                : connection::begin_as::immediate;
  auto begin = work_of([&](connection& on) {
    on.begin(how);
    on.leased_to = lease;
  });
  co_await connection_operation(crew, lease, begin, holds);
  made.scope_->held("transaction");
  co_return made;
}

task<> database::close() {
  detail::kept<core> c = std::move(core_);
  if (!c || c->of_parent()) co_return;
  // First those who may find that a statement, accepted already, is for the writer.
  c->readers().close(false);
  co_await detail::end_of_crew(c->readers());
  c->writer().close(false);
  co_await detail::end_of_crew(c->writer());
}

void database::add_function(std::shared_ptr<const detail::user_function> f) {
  constexpr std::size_t longest_name = 255;
  constexpr int most_arguments = 100;
  detail::kept<core> c = checked();
  if (f->name.empty() || f->name.size() > longest_name || f->name.find('\0') != f->name.npos)
    throw usage_error("sqlite::database::create_function: '" + f->name +
                      "' is no name for a function: 1 to 255 bytes");
  if (f->arguments > most_arguments)
    throw usage_error("sqlite::database::create_function " + f->name +
                      ": it has more than 100 arguments");
  c->shared().functions.add(std::move(f));
}

}}}  // namespace rondo::v0::sqlite
