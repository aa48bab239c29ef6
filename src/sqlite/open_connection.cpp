// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>
#include <sys/statfs.h>
#include <algorithm>
#include <climits>
#include <cstring>

#include "sqlite/connection.hpp"
#include "sqlite/failure.hpp"
#include "sqlite/finalized.hpp"
#include "sqlite/open_connections.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {
namespace {

// WAL shares memory between the processes, which must be on one machine for that.
void refuse_network(const std::string& path) {
  struct statfs what;
  std::size_t slash = path.rfind('/');
  std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  if (::statfs(path.c_str(), &what) != 0 && ::statfs(folder.c_str(), &what) != 0) return;
  const char* name = nullptr;
  switch (static_cast<unsigned>(what.f_type)) {
    case 0x6969:
      name = "NFS";
      break;
    case 0x517b:
    case 0xff534d42:
    case 0xfe534d42:
      name = "SMB";
      break;
    case 0x5346414f:
    case 0x6b414653:
      name = "AFS";
      break;
    case 0x00c36400:
      name = "Ceph";
      break;
    case 0x73757245:
      name = "Coda";
      break;
    case 0x01021997:
      name = "9P";
      break;
    default:
      return;
  }
  fail("0A000", SQLITE_CANTOPEN, path, "open",
       std::string("it is on a network file system (") + name +
           "), where a write-ahead log does not work: open it with journal::rollback");
}

const char* text_of(synchronous s) {
  switch (s) {
    case synchronous::off:
      return "pragma synchronous = off";
    case synchronous::normal:
      return "pragma synchronous = normal";
    case synchronous::full:
      return "pragma synchronous = full";
    case synchronous::extra:
      break;
  }
  return "pragma synchronous = extra";
}

}  // namespace

void connection::prepare_to_work() {
  if (!db_) open();
  bool put_off = !functions_put_off_.empty() && !something_is_open();
  if (put_off || functions_known_ != settings_->functions.count()) register_functions();
}

void connection::open() {
  interruption_.takes_time();
  const open_options& o = settings_->options;
  const std::string& path = settings_->path;
  if (o.journal == journal::wal && !settings_->in_memory()) refuse_network(path);
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  if (o.read_only) {
    flags |= SQLITE_OPEN_READONLY;
  } else {
    // A reader, too: with WAL it notes in the shared memory what it reads.
    flags |= SQLITE_OPEN_READWRITE;
    if (o.create && role_ == role::writer) flags |= SQLITE_OPEN_CREATE;
  }
  if (!open_connections::add())
    detail::fail("0A000", SQLITE_MISUSE, path, "open",
                 "the process that forked this one had SQLite databases open then, which does not "
                 "allow this one to have any: fork before you open them, or exec");
  int code = sqlite3_open_v2(path.c_str(), &db_, flags, nullptr);
  try {
    if (code != SQLITE_OK) {
      std::string cause = db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(code);
      if (db_ && sqlite3_system_errno(db_) != 0)
        cause += std::string(": ") + ::strerror(sqlite3_system_errno(db_));
      detail::fail(db_, code, path, "open", std::move(cause));
    }
    configure();
  } catch (...) {
    cache_.clear();
    sqlite3_close_v2(db_);
    open_connections::remove();
    db_ = nullptr;
    forget_functions();
    throw;
  }
}

void connection::configure() {
  const open_options& o = settings_->options;
  sqlite3_busy_handler(db_, &busy, this);
  constexpr int steps_between_looks = 1000;  // some 10 us
  sqlite3_progress_handler(db_, steps_between_looks, &progress, this);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, static_cast<int>(o.defensive), nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, static_cast<int>(o.extensions),
                    nullptr);
  if (o.extensions) sqlite3_enable_load_extension(db_, 1);  // the SQL function, too
  if (o.max_length) {
    int most = static_cast<int>(std::min<std::size_t>(*o.max_length, INT_MAX));
    sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, most);
    sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, most);
  }
  if (!settings_->in_memory() && !o.read_only && role_ == role::writer) {
    bool wal = o.journal == journal::wal;
    std::string now = ask(wal ? "pragma journal_mode = wal" : "pragma journal_mode = delete");
    if (wal && now != "wal")
      detail::fail("0A000", SQLITE_CANTOPEN, settings_->path, "open",
                   "it cannot have a write-ahead log, only journal mode " + now +
                       ": open it with journal::rollback");
  }
  ask(text_of(o.synchronous));
  ask(o.foreign_keys ? "pragma foreign_keys = on" : "pragma foreign_keys = off");
  // on_connect comes after what it may change and before a reader is kept from changing.
  run_script(settings_->on_connect);
  if (role_ == role::reader && !o.read_only) ask("pragma query_only = on");
  register_functions();
}

/// Runs it, and gives the first value of its first row.
std::string connection::ask(const char* sql) {
  finalized s;
  int code = sqlite3_prepare_v2(db_, sql, -1, &s.handle, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  std::string answer;
  while ((code = step_patiently(s.handle)) == SQLITE_ROW) {
    const unsigned char* text = sqlite3_column_text(s.handle, 0);
    if (text && answer.empty()) answer = reinterpret_cast<const char*>(text);
  }
  if (code != SQLITE_DONE) fail(code, sql);
  return answer;
}

}}}}  // namespace rondo::v0::sqlite::detail
