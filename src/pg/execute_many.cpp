// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstring>

#include "db/statement_text.hpp"
#include "pg/make_error.hpp"
#include "pg/run.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

/// A statement once for each row, with one Sync behind the last: one transaction. Rows are asked
/// for as the ones before have left, so a range of any length needs no more memory.
class many_request final : public request {
 public:
  many_request(std::string sql, db::detail::row_feed rows)
      : sql_(std::move(sql)), rows_(std::move(rows)) {}

  bool send(link& on) override {
    // Without a name, anew each time: it cannot be stale, for its rows could not be asked for
    // again.
    return PQsendPrepare(on.connection(), "", sql_.c_str(), 0, nullptr) && send_more(on);
  }

  bool sends_more() const noexcept override { return more_; }
  bool send_more(link& on) override {
    constexpr int rows_a_turn = 500;
    PGconn* c = on.connection();
    for (int i = 0; i < rows_a_turn; ++i) {
      bool have = false;
      link::arguments a{};
      if (!error && !abandoned) {
        values_.clear();
        try {
          have = rows_(values_);
          if (have) {
            link::check(values_, sql_);
            a = on.convert(values_);
          }
        } catch (...) {
          fail(std::current_exception());
        }
      }
      if (error || abandoned || !have) {
        more_ = false;
        // What was sent must not be kept: an error of the server's undoes it. The Sync alone
        // would commit it, also when nobody waits any more.
        bool undoes = error || abandoned;
        return (!undoes ||
                PQsendQueryParams(c, give_up, 0, nullptr, nullptr, nullptr, nullptr, 0)) &&
               PQpipelineSync(c);
      }
      if (!PQsendQueryPrepared(c, "", a.count, a.values, a.lengths, a.formats, 0)) return false;
      ++rows_sent_;
    }
    return true;
  }

  void got(link&, PGresult* part) override {
    switch (PQresultStatus(part)) {
      case PGRES_FATAL_ERROR:
        fail(make_error(part, sql_, awaits_prepare_ ? std::string() : place_of_error()));
        break;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        if (std::exchange(awaits_prepare_, false)) break;
        ++rows_done_;
        if (std::uint64_t n = 0; true) {
          const char* text = PQcmdTuples(part);
          std::from_chars(text, text + std::strlen(text), n);
          affected_ += n;
        }
        break;
      default:
        break;
    }
    PQclear(part);
  }
  const std::string& text() const noexcept override { return sql_; }
  std::uint64_t affected() const noexcept { return affected_; }

 private:
  static constexpr const char* give_up =
      "do $$begin raise exception 'execute_many: the program had no more rows'; end$$";

  std::string place_of_error() const {
    std::string text = db::detail::statement_text(sql_);
    // All have been executed: it is of the commit that the Sync makes.
    if (!more_ && rows_done_ == rows_sent_)
      return "the commit of " + std::to_string(rows_sent_) + " rows of " + text;
    return "row " + std::to_string(rows_done_ + 1) + " of " + text;
  }

  std::string sql_;
  db::detail::row_feed rows_;
  db::detail::parameters values_;
  std::uint64_t affected_ = 0;
  std::size_t rows_sent_ = 0, rows_done_ = 0;
  bool awaits_prepare_ = true;
  bool more_ = true;
};

}  // namespace

task<std::uint64_t> run_many(pool_core& pool, link& l, std::string sql, db::detail::row_feed rows) {
  link::check(sql);
  rondo::detail::ref<many_request> asked(new many_request(std::move(sql), std::move(rows)));
  co_await ask(pool, l, *asked);
  co_return asked->affected();
}

}}}}  // namespace rondo::v0::pg::detail
