// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/task.hpp>
#include <rondo/pg/pool_options.hpp>
#include "pg/link.hpp"

/// The state of a server's session that outlasts a statement.
namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// Sees to it that what we read is written in one way, and sets what the options say. Throws
/// pg::error. Cancelling it leaves the link in between.
task<> set_up_session(link& l, const pool_options& options);

/// Undoes what its user has left in an idle one: settings, the role, advisory locks, cursors,
/// temporary tables, LISTEN. Returns at once; the link is idle again when it has been done, and
/// is not used any more when it could not. Throws std::bad_alloc.
void reset_session(link& l);

}}}}  // namespace rondo::v0::pg::detail
