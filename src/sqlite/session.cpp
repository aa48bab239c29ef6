// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/session.hpp>

#include "sqlite/connection.hpp"

namespace rondo { inline namespace v0 { namespace sqlite {

using rondo::detail::ref;

db::result session::run_statement(std::string_view sql, const db::detail::parameters& values) {
  ref<detail::stored_rows> rows(new detail::stored_rows);
  rows->affected = connection_.run(sql, values, rows.get());
  rows->description.statement = sql;
  return db::result(ref<db::detail::row_store>(rows.get()));
}

std::uint64_t session::run_for_effect(std::string_view sql, const db::detail::parameters& values) {
  return connection_.run(sql, values, nullptr);
}

std::uint64_t session::run_many(std::string_view sql, db::detail::row_feed rows) {
  savepoint here(*this);
  std::uint64_t changed = connection_.run_many(sql, rows);
  here.release();
  return changed;
}

std::int64_t session::last_insert_rowid() const noexcept { return connection_.last_insert_rowid(); }

session::savepoint::savepoint(session& s) : session_(s) {
  s.connection_.set_savepoint(s.depth_ + 1);
  ++s.depth_;
}

session::savepoint::~savepoint() {
  if (!released_) session_.connection_.roll_back_to(session_.depth_);
  --session_.depth_;
}

void session::savepoint::release() {
  session_.connection_.release_savepoint(session_.depth_);
  released_ = true;
}

namespace detail {

session_rows::session_rows(connection& c, std::string_view sql, db::detail::parameters values)
    : connection_(c), sql_(sql), number_(c.open_cursor(sql, std::move(values))) {}

session_rows::~session_rows() {
  if (more_) connection_.close_cursor(number_);
}

const db::result& session_rows::next() {
  constexpr std::size_t bytes_a_piece = std::size_t(16) * 1024;
  ref<stored_rows> piece(new stored_rows);
  piece->description.statement = sql_;
  piece->rows_before = before_;
  if (more_) more_ = connection_.fetch(number_, *piece, bytes_a_piece);
  before_ += piece->rows();
  piece_ = db::result(ref<db::detail::row_store>(piece.get()));
  return piece_;
}

}  // namespace detail

}}}  // namespace rondo::v0::sqlite
