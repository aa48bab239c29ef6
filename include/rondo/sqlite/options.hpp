// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

/// How a change comes into the file.
enum class journal : unsigned char {
  wal,       ///< through a log beside it: readers and the writer do not wait for each other
  rollback,  ///< in place, the old pages beside it: one connection does everything
};

/// When a commit has reached the disk (PRAGMA synchronous).
enum class synchronous : unsigned char {
  off,     ///< when the system likes: a loss of power may damage the file
  normal,  ///< with WAL the last commits may be lost with the power, the file never
  full,    ///< when it returns
  extra,   ///< and the directory, in rollback mode
};

struct open_options {
  /// Connections that read beside the writer, each opened when it is first needed. A task that
  /// holds some, by open rows or the like, gets one more even when none is left: up to so many
  /// in all, for which there are up to readers - 1 more. 0: the writer reads, too, and rows()
  /// has all rows in memory at once; which is also so without WAL and for ":memory:".
  int readers = 4;
  /// Nothing can be changed; the file must exist.
  bool read_only = false;
  /// Makes the file when it is missing.
  bool create = true;
  sqlite::journal journal = sqlite::journal::wal;
  sqlite::synchronous synchronous = sqlite::synchronous::full;
  bool foreign_keys = true;
  /// How long a statement waits for what other processes have locked. Writers of the same
  /// `database` wait in line, without a limit.
  delay busy_timeout = std::chrono::seconds(5);
  /// Statements that stay prepared, for each connection.
  std::size_t cached_statements = 128;
  /// Refuses SQL that could damage the file on purpose (SQLITE_DBCONFIG_DEFENSIVE).
  bool defensive = true;
  /// Lets SQL load code: `select load_extension('…')`.
  bool extensions = false;
  /// The longest text, blob, row or statement in bytes; none: SQLite's own limit, 1 GB.
  std::optional<std::size_t> max_length = {};
  /// SQL that each connection runs when it has been opened, such as
  /// "pragma mmap_size = 268435456; attach 'other.db' as other". It is copied.
  std::string_view on_connect = {};
};
static_assert(std::is_trivially_destructible_v<open_options>);

struct transaction_options {
  /// Runs on a reader, beside the writer: it sees the database as it was when it began.
  bool read_only = false;
  /// Takes the right to write when it first writes, not at once; if another has written
  /// meanwhile it begins again. To be chosen where it seldom writes.
  bool deferred = false;
  /// How often the body is run at most, when another one's change came in between.
  int tries = 3;
};
static_assert(std::is_trivially_destructible_v<transaction_options>);

/// Of a user's function.
struct function_options {
  /// Gives the same result for the same arguments: lets SQLite call it less often, and lets
  /// indexes use it.
  bool deterministic = false;
  /// Cannot be used by views, triggers and the like, which whoever made the file has chosen.
  bool direct_only = true;
};
static_assert(std::is_trivially_destructible_v<function_options>);

}}}  // namespace rondo::v0::sqlite
