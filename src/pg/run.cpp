// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/run.hpp"

#include <utility>

#include "pg/make_error.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

task<> ask(pool_core& pool, link& l, request& r) {
  rondo::detail::ref<request> keep(&r);
  l.submit(r);
  try {
    co_await r.done();
  } catch (const error& e) {
    pool.noticed_failure(l, e.sqlstate());
    throw;
  }
}

// Libpq counts answers that are to come as a transaction; others' statements, on a connection
// that is shared, are none.
bool stands_alone(const link& l) noexcept {
  return !l.exclusive || (l.idle() && !l.in_transaction());
}

task<db::result> run_statement(pool_core& pool, link& l, std::string sql,
                               db::detail::parameters values) {
  link::check(values, sql);
  rondo::detail::ref<statement> asked(
      new statement(std::move(sql), std::move(values), pool.options().prepare));
  for (bool again = false;; again = true) {
    bool alone = stands_alone(l);
    l.submit(*asked);
    try {
      co_await asked->done();
      co_return asked->take_result();
    } catch (const error& e) {
      pool.noticed_failure(l, e.sqlstate());
      // Within a transaction the error has ended it.
      if (again || !alone || !asked->is_stale()) throw;
    }
    asked = rondo::detail::ref<statement>(asked->once_more());
  }
}

}}}}  // namespace rondo::v0::pg::detail
