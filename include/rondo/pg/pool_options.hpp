// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <type_traits>

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace pg {

struct pool_options {
  /// Connections that are kept open also when nobody needs them, from the first use on.
  int min = 0;
  /// Connections at most, at least 1. Those that are being opened, or freed from a cancelled
  /// statement, count.
  int max = 10;
  /// How many statements share one connection at a time, at least 1. They are sent without
  /// waiting for one another's results, each its own transaction, and run one after the other.
  /// From 2 on, a cancelled statement stops on the server only when all on its connection are
  /// cancelled: another one's is never hit.
  int pipeline = 1;
  /// How long a task waits for a connection.
  delay acquire_timeout = std::chrono::seconds(30);
  /// How long one attempt to connect to one address takes.
  delay connect_timeout = std::chrono::seconds(10);
  /// How long the server works at one statement (its statement_timeout); 0: as the server says.
  delay statement_timeout = std::chrono::seconds(0);
  /// A connection older than that is replaced when it is given back; 0: never.
  delay max_lifetime = std::chrono::hours(1);
  /// A connection that nobody needed for so long is closed, down to min; 0: never.
  delay max_idle = std::chrono::minutes(10);
  /// How long a connection may take to be freed from a cancelled statement, before it is closed.
  delay cleaning_timeout = std::chrono::seconds(5);
  /// Statements are prepared at their first use on a connection. Switch it off behind a pooler
  /// that gives each transaction another server session (PgBouncer's transaction mode).
  bool prepare = true;
  /// Statements that stay prepared on a connection.
  std::size_t prepared_statements = 256;
};
static_assert(std::is_trivially_destructible_v<pool_options>);

/// What a pool does at this moment, and did.
struct pool_statistics {
  std::size_t connections = 0;  ///< open
  std::size_t connecting = 0;
  std::size_t in_use = 0;
  std::size_t cleaning = 0;         ///< being freed from a cancelled statement
  std::size_t waiting = 0;          ///< tasks that wait for a connection
  std::size_t connected = 0;        ///< connections that were opened
  std::size_t failed_attempts = 0;  ///< to open one
  std::size_t lost = 0;             ///< connections that broke
  std::size_t cancelled = 0;        ///< statements that were stopped on the server
};

}}}  // namespace rondo::v0::pg
