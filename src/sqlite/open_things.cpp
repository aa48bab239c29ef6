// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What stays open on a connection from one request to the next.
#include "sqlite/open_things.hpp"

#include <algorithm>

#include "sqlite/failure.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

connection::cursor* connection::find_cursor(std::uint64_t number) noexcept {
  for (const auto& c : cursors_)
    if (c->number == number) return c.get();
  return nullptr;
}

std::uint64_t connection::open_cursor(std::string_view sql, db::detail::parameters values) {
  check_transaction(sql);
  use s(*this, sql);
  if (is_reader() && !s->read_only)
    detail::fail("25006", SQLITE_READONLY, settings_->path, sql,
                 "it changes something, and rows are read beside the writer: use all, or rows "
                 "of a transaction");
  auto c = std::make_unique<cursor>(++last_number_, nullptr, std::move(values));
  bind(*s, c->values, sql);
  cursors_.push_back(std::move(c));
  cursors_.back()->what = s.keep();
  return last_number_;
}

bool connection::fetch(std::uint64_t number, stored_rows& into, std::size_t bytes) {
  cursor* c = find_cursor(number);
  if (!c)
    detail::fail("24000", SQLITE_ABORT, settings_->path, "rows",
                 "the transaction that they belong to is over");
  std::string sql;
  try {
    check_transaction(c->what->sql);
    while (step(*c->what, c->what->sql)) {
      if (into.columns().empty()) into.take_columns(c->what->handle);
      into.add_row(c->what->handle);
      if (into.bytes() >= bytes) return true;
    }
    sql = c->what->sql;
  } catch (...) {
    close_cursor(number);
    throw;
  }
  close_cursor(number);
  check_no_transaction_left(sql);
  return false;
}

void connection::close_cursor(std::uint64_t number) noexcept {
  auto found = std::find_if(cursors_.begin(), cursors_.end(),
                            [&](const auto& c) { return c->number == number; });
  if (found == cursors_.end()) return;
  cache_.give_back((*found)->what);
  cursors_.erase(found);
}

connection::blob& connection::find_blob(std::uint64_t number) {
  for (const auto& b : blobs_)
    if (b->number == number) return *b;
  detail::fail("24000", SQLITE_ABORT, settings_->path, "blob",
               "the transaction that it belongs to is over");
}

std::uint64_t connection::open_blob(const blob_place& place) {
  auto b = std::make_unique<blob>();
  b->name = "blob " + place.table + "." + place.column + " of row " + std::to_string(place.row);
  check_transaction(b->name);
  int code = sqlite3_blob_open(db_, "main", place.table.c_str(), place.column.c_str(), place.row,
                               static_cast<int>(place.write), &b->handle);
  if (code != SQLITE_OK) fail(code, b->name);
  b->number = ++last_number_;
  blobs_.push_back(std::move(b));
  return last_number_;
}

std::size_t connection::size_of_blob(std::uint64_t number) {
  return static_cast<std::size_t>(sqlite3_blob_bytes(find_blob(number).handle));
}

void connection::read_blob(std::uint64_t number, std::size_t offset, std::span<std::byte> into) {
  blob& b = find_blob(number);
  check_transaction(b.name);
  int code = sqlite3_blob_read(b.handle, into.data(), static_cast<int>(into.size()),
                               static_cast<int>(offset));
  if (code != SQLITE_OK) fail(code, b.name);
}

void connection::write_blob(std::uint64_t number, std::size_t offset,
                            std::span<const std::byte> data) {
  blob& b = find_blob(number);
  check_transaction(b.name);
  int code = sqlite3_blob_write(b.handle, data.data(), static_cast<int>(data.size()),
                                static_cast<int>(offset));
  if (code != SQLITE_OK) fail(code, b.name);
}

void connection::close_blob(std::uint64_t number) noexcept {
  std::erase_if(blobs_, [&](const auto& b) { return b->number == number; });
}

void connection::close_what_is_open() noexcept {
  for (const auto& c : cursors_) cache_.give_back(c->what);
  cursors_.clear();
  blobs_.clear();
  backup_.reset();
}

}}}}  // namespace rondo::v0::sqlite::detail
