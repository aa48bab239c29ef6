// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/io/watch.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/sqlite/database.hpp>
#include "sqlite/connection_operation.hpp"
#include "sqlite/core.hpp"

namespace rondo { inline namespace v0 { namespace sqlite {

using namespace std::chrono_literals;
using detail::connection;
using detail::crew;

namespace {

/// A number that is another one after each change that another connection has made.
task<std::int64_t> data_version(crew& of) {
  rondo::detail::ref<detail::stored_rows> row(new detail::stored_rows);
  const db::detail::parameters none;
  auto ask = detail::work_of([&](connection& c) { c.run("pragma data_version", none, row.get()); });
  co_await detail::connection_operation(of, nullptr, ask);
  co_return row->at(0, 0).integer;
}

/// Of the file and its log. None: there can be none, and only time tells.
task<std::optional<file_watch>> watch_file(const std::string& path) {
  std::optional<file_watch> changes;
  constexpr auto what = watch_kind::modified;
  try {
    changes = co_await watch(path, what);
    co_await changes->add(path + "-wal", what);
  } catch (const std::system_error&) {
    // No log, or no more watches: then the file, or nothing.
  }
  co_return changes;
}

async_generator<std::uint64_t> watch_changes(detail::kept<detail::core> c, delay interval) {
  constexpr std::chrono::nanoseconds between_looks = 10ms;  // own changes come by the thousand
  // The writer's connection is told of all changes but its own. Readers each have a count of
  // their own, so without a writer there is one connection for this.
  std::optional<crew> own;
  if (c->shared().options.read_only)
    own.emplace(c->shared().shared_from_this(), connection::role::reader, 1);
  crew& asked = own ? *own : c->writer();
  c->check_not_waiting_for_itself(asked);
  std::int64_t last = co_await data_version(asked);
  std::uint64_t seen = 0;
  std::optional<file_watch> file;
  if (!c->shared().in_memory()) file = co_await watch_file(c->path());
  // A commit is written first and seen later, when the disk has it; so after the log was
  // written to it looks again and again, less and less often.
  std::chrono::nanoseconds patience = interval.nanoseconds();
  for (;;) {
    if (file) {
      auto event = co_await move_on_after(file->next(), patience);
      if (event && !*event) file.reset();  // nothing is left to be watched
      patience = event ? between_looks : std::min(2 * patience, interval.nanoseconds());
    } else {
      co_await sleep(interval);
    }
    c->check_not_waiting_for_itself(asked);
    std::int64_t now = co_await data_version(asked);
    if (now != last) {
      last = now;
      co_yield ++seen;
    }
    co_await sleep(between_looks);
  }
}

}  // namespace

// Its first step may come when this database object has been moved.
async_generator<std::uint64_t> database::changes(delay interval) {
  return watch_changes(checked(), interval);
}

}}}  // namespace rondo::v0::sqlite
