// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/row_streams.hpp"

#include <limits>
#include <optional>

#include "db/statement_text.hpp"
#include "sqlite/connection_operation.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {
namespace {

using rondo::detail::ref;

constexpr std::size_t bytes_a_piece = std::size_t(64) * 1024;

ref<stored_rows> next_piece(const std::string& sql, std::size_t rows_before) {
  ref<stored_rows> piece(new stored_rows);
  piece->description.statement = sql;
  piece->rows_before = rows_before;
  return piece;
}

db::result as_result(const ref<stored_rows>& piece, std::size_t& rows_before) {
  rows_before += piece->rows();
  piece->affected = piece->rows();
  return db::result(ref<db::detail::row_store>(piece.get()));
}

class reader_rows final : public db::detail::row_source {
 public:
  reader_rows(ref<core> c, std::string sql, db::detail::parameters values)
      : core_(std::move(c)), sql_(std::move(sql)), values_(std::move(values)) {}

  task<db::result> next() override {
    ref<stored_rows> piece = next_piece(sql_, rows_before_);
    bool alone = !core_->has_readers();
    bool begins = !lease_ && more_;
    std::size_t holds = 0;
    if (begins) {
      holds = core_->check_not_waiting_for_itself(core_->readers());
      lease_.reset(new lease(core_->readers()));
      hold_.emplace(core_, core_->readers(), "rows of " + db::detail::statement_text(sql_));
    }
    if (more_) {
      hold_->taken_over();
      auto fetch = work_of([&](connection& c) {
        if (begins) number_ = c.open_cursor(sql_, std::move(values_));
        auto most = alone ? std::numeric_limits<std::size_t>::max() : bytes_a_piece;
        more_ = false;
        more_ = c.fetch(number_, *piece, most);
        c.leased_to = more_ ? lease_.get() : nullptr;
      });
      try {
        co_await connection_operation(core_->readers(), lease_.get(), fetch, holds);
      } catch (...) {
        finish();
        throw;
      }
      if (!more_) finish();
    }
    co_return as_result(piece, rows_before_);
  }

 private:
  void finish() noexcept {
    hold_.reset();
    lease_.reset();
  }

  const ref<core> core_;
  const std::string sql_;
  db::detail::parameters values_;
  std::optional<hold> hold_;
  lease_ptr lease_;  // its end closes the cursor
  std::uint64_t number_ = 0;
  std::size_t rows_before_ = 0;
  bool more_ = true;
};

/// Closes a cursor, without being waited for.
class close_cursor final : public detached_request {
 public:
  explicit close_cursor(lease* in) noexcept : detached_request(in) {}
  void run(connection& c) noexcept override { c.close_cursor(number); }
  std::uint64_t number = 0;
};

class transaction_rows final : public db::detail::row_source {
 public:
  transaction_rows(ref<scope> s, std::string sql, db::detail::parameters values)
      : scope_(std::move(s)),
        sql_(std::move(sql)),
        values_(std::move(values)),
        close_(new close_cursor(scope_->in("rows"))) {}
  ~transaction_rows() override {
    // When the transaction is over the cursor is closed, or will be.
    if (close_->number != 0 && more_ && scope_->open() && scope_->of().submit_to_lease(*close_))
      static_cast<void>(close_.release());
  }

  task<db::result> next() override {
    ref<stored_rows> piece = next_piece(sql_, rows_before_);
    if (more_) {
      lease* in = scope_->in("rows");
      auto fetch = work_of([&](connection& c) {
        if (close_->number == 0) close_->number = c.open_cursor(sql_, std::move(values_));
        more_ = c.fetch(close_->number, *piece, bytes_a_piece);
      });
      co_await connection_operation(scope_->of(), in, fetch);
    }
    co_return as_result(piece, rows_before_);
  }

 private:
  const ref<scope> scope_;
  const std::string sql_;
  db::detail::parameters values_;
  std::unique_ptr<close_cursor> close_;
  std::size_t rows_before_ = 0;
  bool more_ = true;
};

}  // namespace

rondo::detail::ref<db::detail::row_source> stream_rows(ref<core> c, std::string sql,
                                                       db::detail::parameters values) {
  return rondo::detail::ref<db::detail::row_source>(
      new reader_rows(std::move(c), std::move(sql), std::move(values)));
}

rondo::detail::ref<db::detail::row_source> stream_rows(ref<scope> s, std::string sql,
                                                       db::detail::parameters values) {
  return rondo::detail::ref<db::detail::row_source>(
      new transaction_rows(std::move(s), std::move(sql), std::move(values)));
}

}}}}  // namespace rondo::v0::sqlite::detail
