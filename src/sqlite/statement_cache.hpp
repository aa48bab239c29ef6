// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <rondo/detail/list.hpp>

struct sqlite3;
struct sqlite3_stmt;

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// A prepared statement of a connection.
struct statement : rondo::detail::list_link<statement> {
  std::string sql;
  sqlite3_stmt* handle = nullptr;
  int parameters = 0;
  bool read_only = false;
  bool cached = false;
  bool quick = false;  // it took little time when it last ran
};

/// The statements of a connection: those that were used last stay prepared. One that is in
/// use is not given out again: who wants the same gets another one.
class statement_cache {
 public:
  explicit statement_cache(std::size_t limit) noexcept : limit_(limit) {}
  statement_cache(const statement_cache&) = delete;
  statement_cache& operator=(const statement_cache&) = delete;
  ~statement_cache() { clear(); }

  /// Null: there is none that is free.
  statement* find(std::string_view sql) noexcept;
  /// Takes a new one, which is in use.
  statement* add(std::string_view sql, sqlite3_stmt* handle);
  /// It is used no longer. Forgets the one that has not been used for the longest time if
  /// there are too many.
  void give_back(statement* s) noexcept;
  /// Forgets one that is in use, which has failed.
  void drop(statement* s) noexcept;
  /// Ends all, also those in use.
  void clear() noexcept;

  std::size_t size() const noexcept { return known_.size(); }

 private:
  const std::size_t limit_;
  // Of each text the one that was there first; keys refer to their statement's text.
  std::unordered_map<std::string_view, statement*> known_;
  rondo::detail::list<statement> idle_;  // the one used last at the end
  rondo::detail::list<statement> in_use_;
};

}}}}  // namespace rondo::v0::sqlite::detail
