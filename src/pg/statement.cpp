// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/statement.hpp"

#include <string_view>

#include "pg/make_error.hpp"
#include "pg/result_rows.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

stale says_stale(const PGresult* problem) noexcept {
  const char* code = PQresultErrorField(problem, PG_DIAG_SQLSTATE);
  if (!code) return stale::no;
  std::string_view sqlstate = code;
  if (sqlstate == "26000" || sqlstate == "42P05") return stale::gone;
  // "cached plan must not change result type" has no code of its own.
  const char* function = PQresultErrorField(problem, PG_DIAG_SOURCE_FUNCTION);
  bool changed =
      sqlstate == "0A000" && function && std::string_view(function) == "RevalidateCachedQuery";
  return changed ? stale::changed : stale::no;
}

preparing send_prepare(link& on, const std::string& sql, statement_cache::prepared*& as) {
  as = on.statements().find(sql);
  if (as) return preparing::prepared;
  as = &on.statements().add(sql);
  if (!PQsendPrepare(on.connection(), as->name.c_str(), sql.c_str(), 0, nullptr)) {
    on.statements().forget(sql, false);
    return preparing::no;
  }
  return preparing::now;
}

db::result take_rows(link& from, PGresult* result, const std::string& sql,
                     rondo::detail::ref<description>& known) {
  from.executed(PQcmdStatus(result), sql);
  const description* before = known.get();
  db::result rows(make_rows(result, sql, known));
  if (known.get() != before) from.statements().describe(sql, known);
  return rows;
}

bool statement::send(link& on) {
  PGconn* c = on.connection();
  if (!prepare_) {
    auto a = on.convert(values_);
    return PQsendQueryParams(c, sql_.c_str(), a.count, nullptr, a.values, a.lengths, a.formats,
                             0) &&
           PQpipelineSync(c);
  }
  statement_cache::prepared* as = nullptr;
  auto a = on.convert(values_);
  preparing how = send_prepare(on, sql_, as);
  awaits_prepare_ = how == preparing::now;
  if (how == preparing::prepared) description_ = as->rows;
  return how != preparing::no &&
         PQsendQueryPrepared(c, as->name.c_str(), a.count, a.values, a.lengths, a.formats, 0) &&
         PQpipelineSync(c);
}

void statement::got(link& from, PGresult* part) {
  switch (PQresultStatus(part)) {
    case PGRES_FATAL_ERROR:
      if (stale why = prepare_ ? says_stale(part) : stale::no;
          awaits_prepare_ || why != stale::no) {
        stale_ = why != stale::no;
        from.statements().forget(sql_, why == stale::changed && !awaits_prepare_);
      }
      fail(make_error(part, sql_));
      break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
      // There is no way out of it in pipeline mode.
      PQclear(part);
      fail(std::make_exception_ptr(
          usage_error("pg::pool::query: a COPY; call copy_in or copy_out")));
      return from.fail("a statement that was a COPY has ended it");
    case PGRES_COMMAND_OK:
      if (awaits_prepare_) {
        awaits_prepare_ = false;
        break;
      }
      rolled_back_ = std::string_view(PQcmdStatus(part)) == "ROLLBACK";
      [[fallthrough]];
    case PGRES_TUPLES_OK:
      if (abandoned) break;
      try {
        result_ = take_rows(from, std::exchange(part, nullptr), sql_, description_);
      } catch (...) {
        fail(std::current_exception());
      }
      break;
    default:
      break;  // PGRES_PIPELINE_ABORTED, after an error; PGRES_EMPTY_QUERY
  }
  PQclear(part);
}

}}}}  // namespace rondo::v0::pg::detail
