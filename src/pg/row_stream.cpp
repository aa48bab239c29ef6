// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <rondo/coro/current_task.hpp>
#include "pg/make_error.hpp"
#include "pg/result_rows.hpp"
#include "pg/run.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

constexpr std::size_t most_rows = 512;  // that wait to be fetched, before reading pauses

/// A statement whose rows are given away as they come.
class rows_request final : public request {
 public:
  rows_request(std::string sql, db::detail::parameters values)
      : sql_(std::move(sql)), values_(std::move(values)) {}

  /// The connection must be idle: libpq's single-row mode is a property of the statement that
  /// is being answered.
  bool send(link& on) override {
    auto a = on.convert(values_);
    PGconn* c = on.connection();
    return PQsendQueryParams(c, sql_.c_str(), a.count, nullptr, a.values, a.lengths, a.formats,
                             0) &&
           PQsetSingleRowMode(c) && PQpipelineSync(c);
  }

  void got(link& from, PGresult* part) override {
    switch (PQresultStatus(part)) {
      case PGRES_SINGLE_TUPLE:
        if (abandoned || dropped_) break;
        try {
          if (!rows_) {
            if (!description_)
              description_ = rondo::detail::ref<description>(new description(part, sql_));
            rows_ = rondo::detail::ref<streamed_rows>(new streamed_rows(description_));
            rows_->rows_before = given_;
          }
          rows_->add(part);
        } catch (...) {
          fail(std::current_exception());
          break;
        }
        if (rows_->rows() >= most_rows && !unbounded_) from.pause_reading(true);
        wake();
        break;
      case PGRES_FATAL_ERROR:
        fail(make_error(part, sql_));
        break;
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
        fail(std::make_exception_ptr(
            usage_error("pg::pool::rows: a COPY; call copy_in or copy_out")));
        PQclear(part);
        return from.fail("a statement that was a COPY has ended it");
      default:
        break;  // the end: no rows in it
    }
    PQclear(part);
  }
  bool has_something() const noexcept override { return static_cast<bool>(rows_); }
  const std::string& text() const noexcept override { return sql_; }

  /// The rest comes into memory: on the same connection others wait for their turn.
  void others_wait(link& l) noexcept override {
    unbounded_ = true;
    l.pause_reading(false);
  }
  db::result take() {
    given_ += rows_->rows();
    auto taken = std::move(rows_);
    link* from = on;
    if (from) from->pause_reading(false);
    return db::result(rondo::detail::ref<db::detail::row_store>(taken.get()));
  }
  /// Nobody wants the rest, but the statement is not stopped.
  void drop() noexcept {
    dropped_ = true;
    rows_.reset();
    if (link* from = on) from->pause_reading(false);
  }

 private:
  std::string sql_;
  db::detail::parameters values_;
  rondo::detail::ref<description> description_;
  rondo::detail::ref<streamed_rows> rows_;
  std::size_t given_ = 0;
  bool unbounded_ = false;
  bool dropped_ = false;
};

class row_stream final : public db::detail::row_source {
 public:
  row_stream(pool_core& pool, link* own, std::string sql, db::detail::parameters values)
      : pool_(&pool), link_(own), asked_(new rows_request(std::move(sql), std::move(values))) {}

  ~row_stream() override {
    if (!link_ || asked_->finished) return;
    // Stopping it would end a transaction that goes on without its rows.
    bool stop = lease_ || unwinding();
    if (stop) asked_->abandon();
    asked_->drop();
  }

  task<db::result> next() override {
    if (!begun_) {
      if (!link_) {
        lease_ = co_await pool_->acquire(true);
        link_ = rondo::detail::ref<link>(&lease_.get());
      }
      while (!link_->idle() && link_->lost().empty()) co_await link_->wait_idle();
      begun_ = true;
      link_->submit(*asked_);
    }
    if (!asked_->has_something() && !asked_->finished) co_await asked_->done();
    if (asked_->has_something()) co_return asked_->take();
    // The generator may live on; the connection is others' from now on.
    rondo::detail::ref<link> done = std::move(link_);
    lease back = std::move(lease_);
    if (asked_->error) {
      try {
        std::rethrow_exception(asked_->error);
      } catch (const error& e) {
        pool_->noticed_failure(*done, e.sqlstate());
        throw;
      }
    }
    co_return db::result();
  }

 private:
  rondo::detail::ref<pool_core> pool_;
  rondo::detail::ref<link> link_;
  lease lease_;
  rondo::detail::ref<rows_request> asked_;
  bool begun_ = false;
};

}  // namespace

rondo::detail::ref<db::detail::row_source> open_rows(pool_core& pool, link* own, std::string sql,
                                                     db::detail::parameters values) {
  link::check(values, sql);
  return rondo::detail::ref<db::detail::row_source>(
      new row_stream(pool, own, std::move(sql), std::move(values)));
}

}}}}  // namespace rondo::v0::pg::detail
