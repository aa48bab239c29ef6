// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/pg/batch.hpp>

#include <deque>
#include <utility>

#include "db/statement_text.hpp"
#include "pg/make_error.hpp"
#include "pg/result_rows.hpp"
#include "pg/run.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

/// Statements with one Sync behind all of them. None of their results is given away before it:
/// until then an error of a later one undoes them.
class batch_request final : public request {
 public:
  batch_request(std::vector<batch::statement> statements, bool prepare)
      : statements_(std::move(statements)), prepare_(prepare) {
    results_.resize(statements_.size());
  }

  bool send(link& on) override {
    PGconn* c = on.connection();
    for (std::size_t i = 0; i < statements_.size(); ++i) {
      const auto& [sql, values] = statements_[i];
      auto a = on.convert(values);
      bool sent = false;
      rondo::detail::ref<description> rows;
      if (prepare_) {
        statement_cache::prepared* as = nullptr;
        preparing how = send_prepare(on, sql, as);
        if (how == preparing::now) parts_.push_back({i, true, {}});
        if (how == preparing::prepared) rows = as->rows;
        sent = how != preparing::no &&
               PQsendQueryPrepared(c, as->name.c_str(), a.count, a.values, a.lengths, a.formats, 0);
      } else {
        sent =
            PQsendQueryParams(c, sql.c_str(), a.count, nullptr, a.values, a.lengths, a.formats, 0);
      }
      if (!sent) return false;
      parts_.push_back({i, false, std::move(rows)});
    }
    return PQpipelineSync(c);
  }

  void got(link& from, PGresult* part) override {
    ExecStatusType status = PQresultStatus(part);
    if (parts_.empty()) {  // all have been answered: it is of the commit that the Sync makes
      if (status == PGRES_FATAL_ERROR)
        fail(make_error(part, "commit",
                        "the commit of " + std::to_string(statements_.size()) + " statements"));
      return PQclear(part);
    }
    auto& [which, is_prepare, rows] = parts_.front();
    if (status == PGRES_FATAL_ERROR) {
      stale_ = prepare_ ? says_stale(part) : stale::no;
      // Others of it may be so, too.
      if (stale_ != stale::no)
        for (const batch::statement& each : statements_)
          from.statements().forget(each.sql, stale_ == stale::changed);
      // Those that were to be prepared behind it were not.
      for (const part_of& each : parts_)
        if (each.is_prepare) from.statements().forget(statements_[each.statement].sql, false);
      fail(make_error(part, statements_[which].sql,
                      "statement " + std::to_string(which + 1) + " of " +
                          std::to_string(statements_.size()) + ", " +
                          db::detail::statement_text(statements_[which].sql)));
    } else if (!is_prepare && !abandoned &&
               (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)) {
      try {
        results_[which] =
            take_rows(from, std::exchange(part, nullptr), statements_[which].sql, rows);
      } catch (...) {
        fail(std::current_exception());
      }
    } else if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
      fail(std::make_exception_ptr(usage_error("pg::pool::run: a COPY; call copy_in or copy_out")));
      PQclear(part);
      return from.fail("a statement that was a COPY has ended it");
    }
    PQclear(part);
  }
  void statement_ended() override {
    if (!parts_.empty()) parts_.pop_front();
  }
  const std::string& text() const noexcept override {
    return statements_[parts_.empty() ? 0 : parts_.front().statement].sql;
  }

  std::vector<db::result> take_results() { return std::move(results_); }
  /// As statement's are.
  bool is_stale() const noexcept { return stale_ != stale::no; }
  batch_request* once_more() { return new batch_request(std::move(statements_), prepare_); }

 private:
  struct part_of {
    std::size_t statement;
    bool is_prepare;
    rondo::detail::ref<description> rows;
  };
  std::vector<batch::statement> statements_;
  std::vector<db::result> results_;
  std::deque<part_of> parts_;  // what answers are to come, in order
  bool prepare_;
  stale stale_ = stale::no;
};

}  // namespace

task<std::vector<db::result>> run_batch(pool_core& pool, link& l, batch what) {
  if (what.size() == 0) co_return {};
  std::vector<batch::statement> statements = std::move(what).take();
  for (const batch::statement& each : statements) link::check(each.values, each.sql);
  rondo::detail::ref<batch_request> asked(
      new batch_request(std::move(statements), pool.options().prepare));
  for (bool again = false;; again = true) {
    bool alone = stands_alone(l);
    try {
      co_await ask(pool, l, *asked);
      co_return asked->take_results();
    } catch (const error&) {
      // All of it was undone.
      if (again || !alone || !asked->is_stale()) throw;
    }
    asked = rondo::detail::ref<batch_request>(asked->once_more());
  }
}

}}}}  // namespace rondo::v0::pg::detail
