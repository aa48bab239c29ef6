// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/connection.hpp"

#include <sqlite3.h>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <thread>

#include <rondo/sqlite/errors.hpp>
#include "detail/duration_text.hpp"
#include "sqlite/failure.hpp"
#include "sqlite/finalized.hpp"
#include "sqlite/first_word.hpp"
#include "sqlite/open_connections.hpp"
#include "sqlite/open_things.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

using db::detail::kind;
using db::detail::parameters;
using db::detail::value;

void connection::fail(int code, std::string_view subject) {
  std::string cause;
  if ((code & 0xff) == SQLITE_INTERRUPT) cause = "it was cancelled";
  if ((code & 0xff) == SQLITE_BUSY) {
    bool in_vain = std::exchange(waited_in_vain_, false);
    check_not_stopped(subject);
    if (sqlite3_extended_errcode(db_) == SQLITE_BUSY_SNAPSHOT)
      cause =
          "another connection has changed the database since this transaction began to read: "
          "it must begin again";
    else if (in_vain)
      cause = "another connection had locked the database for longer than the busy_timeout of " +
              rondo::detail::duration_text(settings_->options.busy_timeout.nanoseconds());
    else if (has_only_read())
      detail::fail("40001", code, settings_->path, subject,
                   "another connection is writing, which may wait for the end of what this "
                   "transaction reads: it must begin again");
  }
  detail::fail(db_, code, settings_->path, subject, std::move(cause));
}

void connection::check_not_stopped(std::string_view sql) const {
  if (!must_end_ && interruption_.stopped())
    detail::fail("57014", SQLITE_INTERRUPT, settings_->path, sql, "it was cancelled");
}

int connection::progress(void* self) noexcept {
  auto& c = *static_cast<connection*>(self);
  c.interruption_.takes_time();
  return !c.must_end_ && c.interruption_.stopped();
}

int connection::busy(void* self, int count) noexcept {
  auto& c = *static_cast<connection*>(self);
  c.sqlite_has_waited_ = true;
  return c.wait_for_others(count);
}

bool connection::wait_for_others(int count) noexcept {
  constexpr int steps[] = {1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100};
  interruption_.takes_time();
  auto now = std::chrono::steady_clock::now();
  if (count == 0) busy_since_ = now;
  std::chrono::nanoseconds left =
      settings_->options.busy_timeout.nanoseconds() - (now - busy_since_);
  if (left.count() <= 0) {
    waited_in_vain_ = true;
    return false;
  }
  auto time = std::chrono::milliseconds(
      steps[std::min<std::size_t>(static_cast<std::size_t>(count), std::size(steps) - 1)]);
  time = std::min(time, std::chrono::ceil<std::chrono::milliseconds>(left));
  if (!must_end_) return interruption_.pause(time);
  std::this_thread::sleep_for(time);
  return true;
}

/// In a transaction that began by reading.
bool connection::has_only_read() const noexcept {
  return !sqlite3_get_autocommit(db_) && sqlite3_txn_state(db_, nullptr) == SQLITE_TXN_READ;
}

// SQLite asks its busy handler only where nothing of the connection's can keep the other one from
// coming to its end. That is so, too, when it changes the journal's mode, where it asks nobody;
// and of who has read and now wants to write, with a log: others' commits do not wait for him.
bool connection::may_wait_for_others() const noexcept {
  if (sqlite3_get_autocommit(db_)) return true;
  bool log = settings_->options.journal == journal::wal && !settings_->in_memory();
  return log && has_only_read();
}

int connection::step_patiently(sqlite3_stmt* s) noexcept {
  waited_in_vain_ = sqlite_has_waited_ = false;
  bool begins = !sqlite3_stmt_busy(s);
  for (int tries = 0;; ++tries) {
    int code = sqlite3_step(s);
    if (code != SQLITE_BUSY || !begins || sqlite_has_waited_ || !may_wait_for_others()) return code;
    if (!wait_for_others(tries)) return code;
    sqlite3_reset(s);
  }
}

connection::connection(std::shared_ptr<settings> s, role r, interruption& i)
    : settings_(std::move(s)),
      role_(r),
      interruption_(i),
      cache_(settings_->options.cached_statements) {}

connection::~connection() { close(); }

void connection::close() noexcept {
  if (!db_) return;
  close_what_is_open();
  cache_.clear();
  sqlite3_close_v2(db_);  // rolls back what is left
  open_connections::remove();
  db_ = nullptr;
  forget_functions();
  in_transaction_ = query_only_ = false;
}

std::int64_t connection::last_insert_rowid() const noexcept {
  return db_ ? sqlite3_last_insert_rowid(db_) : 0;
}

statement* connection::acquire(std::string_view sql) {
  if (statement* s = cache_.find(sql)) return s;
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &handle, &rest);
  if (code != SQLITE_OK) fail(code, sql);
  try {
    if (!handle)
      detail::fail("42601", SQLITE_ERROR, settings_->path, sql, "there is no statement in it");
    if (!is_blank({rest, static_cast<std::size_t>(sql.data() + sql.size() - rest)}))
      detail::fail("42601", SQLITE_ERROR, settings_->path, sql,
                   "several statements at a time: run them by execute_script");
    return cache_.add(sql, handle);
  } catch (...) {
    sqlite3_finalize(handle);
    throw;
  }
}

void connection::bind(const statement& s, const parameters& values, std::string_view sql) {
  if (static_cast<std::size_t>(s.parameters) != values.size())
    detail::fail("07001", SQLITE_RANGE, settings_->path, sql,
                 "it has " + std::to_string(s.parameters) + " parameters, " +
                     std::to_string(values.size()) + " were given");
  int at = 0;
  values.for_each(parameters::array_form::json, [&](const value& v) {
    ++at;
    int code = SQLITE_OK;
    // Bytes stay where they are until the statement has run; an array's do not. A null
    // pointer would be NULL, not an empty text.
    const char* bytes = v.bytes.empty() ? "" : v.bytes.data();
    auto size = static_cast<sqlite3_uint64>(v.bytes.size());
    switch (v.is) {
      case kind::null:
        code = sqlite3_bind_null(s.handle, at);
        break;
      case kind::boolean:
        code = sqlite3_bind_int(s.handle, at, v.boolean);
        break;
      case kind::integer:
        code = sqlite3_bind_int64(s.handle, at, v.integer);
        break;
      case kind::real:
        code = sqlite3_bind_double(s.handle, at, v.real);
        break;
      case kind::blob:
      case kind::escaped:
        code = sqlite3_bind_blob64(s.handle, at, bytes, size, SQLITE_STATIC);
        break;
      case kind::text:
        code = sqlite3_bind_text64(s.handle, at, bytes, size, SQLITE_STATIC, SQLITE_UTF8);
        break;
      case kind::array:
        code = sqlite3_bind_text64(s.handle, at, bytes, size, SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    }
    if (code != SQLITE_OK) fail(code, sql);
  });
}

bool connection::step(statement& s, std::string_view sql) {
  int code = step_patiently(s.handle);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(code, sql);
  return false;
}

bool connection::outside_of_transactions() const noexcept {
  return !db_ || sqlite3_get_autocommit(db_);
}

void connection::check_transaction(std::string_view sql) {
  check_not_stopped(sql);
  // Some errors, and a statement that was stopped, make SQLite roll all of it back. What comes
  // then would be outside of every transaction.
  if (in_transaction_ && outside_of_transactions())
    detail::fail("25P02", SQLITE_ABORT, settings_->path, sql,
                 "its transaction was rolled back when an earlier statement failed or was "
                 "cancelled");
}

void connection::check_no_transaction_left(std::string_view sql) {
  if (in_transaction_ || outside_of_transactions()) return;
  rollback();
  detail::fail("25001", SQLITE_MISUSE, settings_->path, sql,
               "it begins a transaction, which would be everybody's: use database::transaction");
}

std::uint64_t connection::run(std::string_view sql, const parameters& values, stored_rows* into) {
  check_transaction(sql);
  std::uint64_t rows = 0;
  {
    use s(*this, sql);
    rows = run_prepared(*s, sql, values, into);
  }
  check_no_transaction_left(sql);
  return rows;
}

std::optional<std::uint64_t> connection::run_if_it_only_reads(std::string_view sql,
                                                              const parameters& values,
                                                              stored_rows* into) {
  std::uint64_t rows = 0;
  {
    std::optional<use> s;
    try {
      s.emplace(*this, sql);
    } catch (const error& e) {
      // Perhaps it is about a temporary table, which only its connection knows.
      if (e.code() != SQLITE_ERROR) throw;
      return std::nullopt;
    }
    if (!(**s).read_only) return std::nullopt;
    rows = run_prepared(**s, sql, values, into);
  }
  check_no_transaction_left(sql);
  return rows;
}

std::uint64_t connection::run_prepared(statement& s, std::string_view sql, const parameters& values,
                                       stored_rows* into) {
  check_not_stopped(sql);
  bind(s, values, sql);
  timed here(*this, s);
  sqlite3_int64 before = sqlite3_total_changes64(db_);
  bool row = step(s, sql);
  std::uint64_t rows = 0;
  if (into) into->take_columns(s.handle);
  for (; row; row = step(s, sql), ++rows)
    if (into) into->add_row(s.handle);
  if (!s.read_only) {
    // Of what is no insert, update or delete sqlite3_changes says the one before.
    bool changed = sqlite3_total_changes64(db_) != before;
    rows = changed ? static_cast<std::uint64_t>(sqlite3_changes64(db_)) : 0;
  }
  return rows;
}

std::uint64_t connection::run_many(std::string_view sql, db::detail::row_feed& rows) {
  check_transaction(sql);
  use s(*this, sql);
  parameters values;
  std::uint64_t changed = 0;
  std::size_t row = 1;
  bool in_own_code = false;  // whose errors are as they are
  try {
    for (;; ++row) {
      values.clear();
      in_own_code = true;
      if (!rows(values)) return changed;
      in_own_code = false;
      check_not_stopped(sql);
      bind(*s, values, sql);
      sqlite3_int64 before = sqlite3_total_changes64(db_);
      while (step(*s, sql)) {
      }
      if (sqlite3_total_changes64(db_) != before)
        changed += static_cast<std::uint64_t>(sqlite3_changes64(db_));
      sqlite3_reset(s->handle);
    }
  } catch (const error& e) {
    if (in_own_code) throw;
    throw error(std::string(e.what()) + " (row " + std::to_string(row) + ")", e.sqlstate(),
                e.statement(), e.extended_code());
  }
}

void connection::run_script(std::string_view sql) {
  if (sql.find('\0') != sql.npos)  // where SQLite would go no further, without an error
    detail::fail("42601", SQLITE_ERROR, settings_->path, sql, "a zero byte is in the script");
  const char* at = sql.data();
  const char* end = at + sql.size();
  while (at != end) {
    check_not_stopped(sql);
    finalized s;
    const char* rest = end;
    std::string_view left(at, static_cast<std::size_t>(end - at));
    int code = sqlite3_prepare_v3(db_, at, static_cast<int>(left.size()), 0, &s.handle, &rest);
    if (code != SQLITE_OK) fail(code, left);
    while (s.handle && (code = step_patiently(s.handle)) == SQLITE_ROW) {
    }
    if (s.handle && code != SQLITE_DONE)
      fail(code, left.substr(0, static_cast<std::size_t>(rest - at)));
    at = rest;
  }
}

void connection::run_own(const char* sql) {
  use s(*this, sql);
  while (step(*s, sql)) {
  }
}

void connection::begin(begin_as how) {
  check_not_stopped("begin");
  run_own(how == begin_as::immediate ? "begin immediate" : "begin");
  in_transaction_ = true;
  if (how != begin_as::snapshot) return;
  try {
    if (role_ == role::writer) {
      query_only_ = true;
      run_own("pragma query_only = on");
    }
    run_own("select 1 from sqlite_schema limit 1");  // what it sees is fixed now
  } catch (...) {
    rollback();
    throw;
  }
}

void connection::commit() {
  check_not_stopped("commit");
  check_transaction("commit");
  must_end from_here(*this);
  close_what_is_open();
  run_own("commit");
  over();
}

void connection::over() noexcept {
  in_transaction_ = false;
  if (std::exchange(query_only_, false) &&
      sqlite3_exec(db_, "pragma query_only = off", nullptr, nullptr, nullptr) != SQLITE_OK)
    close();  // out of memory; it is opened again as it should be
}

void connection::rollback() noexcept {
  must_end from_here(*this);
  close_what_is_open();
  in_transaction_ = false;
  if (!db_) return;
  // Straight, not by a prepared statement, because that would need memory. It is refused
  // only by a statement that is open, and there is none.
  if (!sqlite3_get_autocommit(db_)) sqlite3_exec(db_, "rollback", nullptr, nullptr, nullptr);
  if (!sqlite3_get_autocommit(db_)) return close();  // out of memory; closing rolls back, too
  over();
}

void connection::set_savepoint(int depth) {
  check_transaction("savepoint");
  run_own(("savepoint rondo_" + std::to_string(depth)).c_str());
}

void connection::release_savepoint(int depth) {
  check_transaction("release savepoint");
  must_end from_here(*this);
  run_own(("release rondo_" + std::to_string(depth)).c_str());
}

void connection::roll_back_to(int depth) noexcept {
  if (outside_of_transactions()) return;
  must_end from_here(*this);
  char sql[80];
  std::snprintf(sql, sizeof sql, "rollback to rondo_%d; release rondo_%d", depth, depth);
  // What cannot be undone alone must not be committed: then all of it is undone.
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    rollback();
    in_transaction_ = true;  // which check_transaction finds ended
  }
}

void connection::end_lease() noexcept {
  close_what_is_open();
  if (in_transaction_) rollback();
  leased_to = nullptr;
}

}}}}  // namespace rondo::v0::sqlite::detail
