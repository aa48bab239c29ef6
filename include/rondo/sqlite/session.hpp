// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/db/detail/verbs.hpp>
#include <rondo/db/result.hpp>
#include <rondo/sqlite/errors.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

namespace detail {

class connection;

/// The rows of a session's statement, in pieces.
class session_rows {
 public:
  session_rows(connection& c, std::string_view sql, db::detail::parameters values);
  session_rows(session_rows&&) = delete;
  ~session_rows();
  /// Empty: that was all.
  const db::result& next();

 private:
  connection& connection_;
  const std::string sql_;
  std::uint64_t number_;
  db::result piece_;
  std::size_t before_ = 0;
  bool more_ = true;
};

/// Rows that are read as one walks over them, once.
template <class T>
class session_range {
 public:
  session_range(connection& c, std::string_view sql, db::detail::parameters values)
      : rows_(c, sql, std::move(values)) {}

  class iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    iterator() noexcept = default;
    explicit iterator(session_range& of) noexcept : of_(&of) {}
    T operator*() const { return of_->reader_->read(*of_->piece_->internal(), of_->at_); }
    iterator& operator++() {
      of_->advance();
      return *this;
    }
    void operator++(int) { of_->advance(); }
    friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept {
      return i.at_end();
    }

   private:
    bool at_end() const noexcept { return of_->piece_->empty(); }
    session_range* of_ = nullptr;
  };
  iterator begin() {
    fetch();
    return iterator(*this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void fetch() {
    at_ = 0;
    piece_ = &rows_.next();
    if (!piece_->empty()) reader_.emplace(*piece_->internal());
  }
  void advance() {
    if (++at_ == piece_->size()) fetch();
  }

  session_rows rows_;
  const db::result* piece_ = nullptr;
  std::optional<db::detail::row_reader<T>> reader_;
  std::size_t at_ = 0;
};

}  // namespace detail

/// What a function gets that runs on a connection's thread (`database::run`): the calls of a
/// database as plain functions, each done when it returns. All of them are part of one
/// transaction. Of no use outside of that function.
///
/// Each throws sqlite::error, also when who waits for the function is cancelled: let it pass.
class session {
 public:
  explicit session(detail::connection& c) noexcept : connection_(c) {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// All rows.
  template <class... A>
  db::result query(std::string_view sql, const A&... args) {
    return run_statement(sql, encode(args...));
  }
  /// The only row. Throws db::row_count_error when there are none or several.
  template <class T, class... A>
  T one(std::string_view sql, const A&... args) {
    return query(sql, args...).template one<T>();
  }
  template <class T, class... A>
  std::optional<T> first(std::string_view sql, const A&... args) {
    return query(sql, args...).template first<T>();
  }
  template <class T, class... A>
  std::vector<T> all(std::string_view sql, const A&... args) {
    return query(sql, args...).template all<T>();
  }
  /// Row after row, without having all of them in memory:
  /// `for (user u : s.rows<user>("select …"))`.
  template <class T, class... A>
  detail::session_range<T> rows(std::string_view sql, const A&... args) {
    return detail::session_range<T>(connection_, sql, db::detail::encode(args...));
  }
  /// Gives the number of rows that it inserted, updated or deleted.
  template <class... A>
  std::uint64_t execute(std::string_view sql, const A&... args) {
    return run_for_effect(sql, encode(args...));
  }
  /// Once for each row of a range; all of them or none.
  template <class Range>
  std::uint64_t execute_many(std::string_view sql, Range&& range) {
    return run_many(sql,
                    db::detail::row_feed(db::detail::fed_range<Range>(std::forward<Range>(range))));
  }
  /// Calls body(*this); undoes what it did when it throws.
  template <class F>
  auto transaction(F&& body) -> std::invoke_result_t<F&, session&> {
    savepoint here(*this);
    if constexpr (std::is_void_v<std::invoke_result_t<F&, session&>>) {
      body(*this);
      here.release();
    } else {
      auto value = body(*this);
      here.release();
      return value;
    }
  }
  /// The rowid of the row that was inserted last.
  std::int64_t last_insert_rowid() const noexcept;

 private:
  class savepoint {
   public:
    explicit savepoint(session& s);
    savepoint(const savepoint&) = delete;
    ~savepoint();
    void release();

   private:
    session& session_;
    bool released_ = false;
  };

  template <class... A>
  const db::detail::parameters& encode(const A&... args) {
    values_.clear();
    (db::detail::conversion<std::decay_t<const A&>>::write(values_, args), ...);
    return values_;
  }
  db::result run_statement(std::string_view sql, const db::detail::parameters& values);
  std::uint64_t run_for_effect(std::string_view sql, const db::detail::parameters& values);
  std::uint64_t run_many(std::string_view sql, db::detail::row_feed rows);

  detail::connection& connection_;
  db::detail::parameters values_;  // of the statement that runs
  int depth_ = 0;
};

}}}  // namespace rondo::v0::sqlite
