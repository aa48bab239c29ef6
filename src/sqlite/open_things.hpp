// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What connection's functions have in common.
#pragma once

#include <sqlite3.h>
#include <chrono>
#include <utility>

#include "sqlite/connection.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// A statement while it is used.
class connection::use {
 public:
  use(connection& c, std::string_view sql) : c_(c), statement_(c.acquire(sql)) {}
  use(const use&) = delete;
  use& operator=(const use&) = delete;
  ~use() {
    if (statement_) c_.cache_.give_back(statement_);
  }
  statement& operator*() const noexcept { return *statement_; }
  statement* operator->() const noexcept { return statement_; }
  statement* keep() noexcept { return std::exchange(statement_, nullptr); }

 private:
  connection& c_;
  statement* statement_;
};

/// While a statement runs.
class connection::timed {
 public:
  timed(connection& c, statement& s) noexcept
      : statement_(c.interruption_.tells_late() ? &s : nullptr) {
    if (!statement_) return;
    begun_ = clock::now();
    // What is on the disk when it returns takes its time.
    bool commits = !s.read_only && sqlite3_get_autocommit(c.db_);
    c.interruption_.begins(begun_, s.quick && !commits);
  }
  timed(const timed&) = delete;
  timed& operator=(const timed&) = delete;
  ~timed() {
    constexpr auto little_time = std::chrono::microseconds(50);
    if (statement_) statement_->quick = clock::now() - begun_ < little_time;
  }

 private:
  using clock = std::chrono::steady_clock;
  statement* const statement_;
  clock::time_point begun_;
};

class connection::must_end {
 public:
  explicit must_end(connection& c) noexcept : c_(c), before_(std::exchange(c.must_end_, true)) {}
  must_end(const must_end&) = delete;
  must_end& operator=(const must_end&) = delete;
  ~must_end() { c_.must_end_ = before_; }

 private:
  connection& c_;
  bool before_;
};

struct connection::cursor {
  std::uint64_t number;
  statement* what;
  db::detail::parameters values;  // SQLite refers to them
};

struct connection::blob {
  std::uint64_t number;
  sqlite3_blob* handle = nullptr;
  std::string name;  // for errors
  ~blob() { sqlite3_blob_close(handle); }
};

/// Until it is done, the other file is as before.
struct connection::backup {
  explicit backup(std::string path) : to(std::move(path)) {}
  backup(const backup&) = delete;
  backup& operator=(const backup&) = delete;
  ~backup();

  const std::string to;
  sqlite3* file = nullptr;
  sqlite3_backup* copy = nullptr;
  bool made_it = false;  // the file was not there
  bool done = false;
};

}}}}  // namespace rondo::v0::sqlite::detail
