// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <rondo/io/readiness.hpp>
#include "pg/make_error.hpp"
#include "pg/plain_mode.hpp"
#include "pg/run.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

task<> run_script(pool_core& pool, link& l, std::string sql) {
  l.session_changed = true;  // perhaps: what it does is not looked at
  plain_mode plain(pool, l);
  co_await plain.begin();
  plain.send(sql);
  std::exception_ptr failure;
  while (PGresult* part = co_await plain.next()) {
    ExecStatusType status = PQresultStatus(part);
    if (status == PGRES_COMMAND_OK) l.executed(PQcmdStatus(part), sql);
    if (status == PGRES_FATAL_ERROR && !failure) failure = make_error(part, sql);
    PQclear(part);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT)
      throw usage_error("pg::pool::execute_script: a COPY; call copy_in or copy_out");
  }
  plain.end();
  if (failure) std::rethrow_exception(failure);
}

}}}}  // namespace rondo::v0::pg::detail
