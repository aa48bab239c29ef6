// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/database.hpp>

#include <sqlite3.h>
#include <unistd.h>

#include "sqlite/connection_operation.hpp"
#include "sqlite/core.hpp"
#include "sqlite/failure.hpp"
#include "sqlite/open_things.hpp"

namespace rondo { inline namespace v0 { namespace sqlite {

namespace detail {

connection::backup::~backup() {
  sqlite3_backup_finish(copy);
  sqlite3_close_v2(file);
  if (made_it && !done) ::unlink(to.c_str());
}

void connection::begin_backup(const std::string& to) {
  const std::string subject = "backup to " + to;
  check_transaction(subject);
  auto made = std::make_unique<backup>(to);
  made->made_it = ::access(to.c_str(), F_OK) != 0;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
              SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(to.c_str(), &made->file, flags, nullptr);
  if (code != SQLITE_OK) {
    made->made_it = false;
    detail::fail(made->file, code, settings_->path, subject);
  }
  made->copy = sqlite3_backup_init(made->file, "main", db_, "main");
  if (!made->copy) detail::fail(made->file, sqlite3_errcode(made->file), settings_->path, subject);
  backup_ = std::move(made);
}

bool connection::go_on_with_backup(int pages, backup_progress& so_far) {
  const std::string subject = "backup to " + backup_->to;
  auto begun = std::chrono::steady_clock::now();
  int code;
  for (;;) {
    check_not_stopped(subject);
    code = sqlite3_backup_step(backup_->copy, pages);
    if ((code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED) break;
    // Somebody uses the other file.
    constexpr auto between_tries = std::chrono::milliseconds(20);
    if (std::chrono::steady_clock::now() - begun > settings_->options.busy_timeout.nanoseconds())
      break;
    interruption_.pause(between_tries);
  }
  if (code != SQLITE_OK && code != SQLITE_DONE)
    detail::fail(backup_->file, code, settings_->path, subject, sqlite3_errstr(code));
  so_far.total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_->copy));
  so_far.done = so_far.total - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_->copy));
  if (code == SQLITE_OK) return true;
  code = sqlite3_backup_finish(std::exchange(backup_->copy, nullptr));
  if (code != SQLITE_OK) detail::fail(backup_->file, code, settings_->path, subject);
  backup_->done = true;
  backup_.reset();
  return false;
}

}  // namespace detail

using detail::connection;

task<> database::backup(std::string path, backup_options options) {
  if (options.pages < 1)
    throw usage_error("sqlite::database::backup: pages is " + std::to_string(options.pages));
  detail::kept<detail::core> c = checked();
  detail::crew& crew = c->readers();
  std::size_t holds = c->check_not_waiting_for_itself(crew);
  detail::lease_ptr lease(new detail::lease(crew));
  auto begin = detail::work_of([&](connection& on) {
    on.begin(connection::begin_as::snapshot);
    on.leased_to = lease.get();
    on.begin_backup(path);
  });
  co_await detail::connection_operation(crew, lease.get(), begin, holds);
  detail::hold held(rondo::detail::ref<detail::core>(c.get()), crew, "backup to " + path);
  backup_progress so_far;
  bool more = true;
  auto step =
      detail::work_of([&](connection& on) { more = on.go_on_with_backup(options.pages, so_far); });
  while (more) {
    co_await detail::connection_operation(crew, lease.get(), step);
    if (options.progress) options.progress(so_far);
  }
}

}}}  // namespace rondo::v0::sqlite
