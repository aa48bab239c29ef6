// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/db/detail/parameters.hpp>
#include <rondo/db/detail/row_source.hpp>
#include <rondo/db/detail/verbs.hpp>
#include <rondo/db/result.hpp>
#include <rondo/pg/batch.hpp>
#include "pg/link.hpp"
#include "pg/pool_core.hpp"

/// What pool, connection and transaction do on a connection that they have. Each throws
/// pg::error; cancelling stops it on the server, where nobody else is hit.
namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// Waits until r has been answered, and tells the pool how it ended.
task<> ask(pool_core& pool, link& l, request& r);

/// Whether what is said now is its own transaction, and can be said again when it has failed.
bool stands_alone(const link& l) noexcept;

task<db::result> run_statement(pool_core& pool, link& l, std::string sql,
                               db::detail::parameters values);
task<std::vector<db::result>> run_batch(pool_core& pool, link& l, batch what);
task<std::uint64_t> run_many(pool_core& pool, link& l, std::string sql, db::detail::row_feed rows);
task<> run_script(pool_core& pool, link& l, std::string sql);

/// The rows of a statement on a connection that is lent for it, or is somebody's already.
rondo::detail::ref<db::detail::row_source> open_rows(pool_core& pool, link* own, std::string sql,
                                                     db::detail::parameters values);

}}}}  // namespace rondo::v0::pg::detail
