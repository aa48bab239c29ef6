// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/failure.hpp"

#include <sqlite3.h>
#include <cerrno>
#include <new>
#include <system_error>

#include <rondo/sqlite/errors.hpp>
#include "db/statement_text.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

const char* sqlstate_of(int extended_code) noexcept {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return "23505";
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return "23503";
    case SQLITE_CONSTRAINT_NOTNULL:
      return "23502";
    case SQLITE_CONSTRAINT_CHECK:
      return "23514";
    case SQLITE_CONSTRAINT_DATATYPE:
      return "42804";
    case SQLITE_CONSTRAINT_TRIGGER:
      return "P0001";
    case SQLITE_BUSY_SNAPSHOT:
      return "40001";
    default:
      break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_ERROR:
      return "42601";
    case SQLITE_CONSTRAINT:
      return "23000";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "55P03";
    case SQLITE_FULL:
      return "53100";
    case SQLITE_IOERR:
      return "58030";
    case SQLITE_NOMEM:
      return "53200";
    case SQLITE_INTERRUPT:
      return "57014";
    case SQLITE_READONLY:
      return "25006";
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "42501";
    case SQLITE_CANTOPEN:
      return "58P01";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "XX001";
    case SQLITE_TOOBIG:
      return "54000";
    case SQLITE_MISMATCH:
      return "42804";
    case SQLITE_RANGE:
      return "07001";
    default:
      return "XX000";
  }
}

void fail(const char* sqlstate, int code, const std::string& path, std::string_view subject,
          std::string cause) {
  std::string what = "sqlite " + path + ": ";
  if (!subject.empty()) what += db::detail::statement_text(subject) + ": ";
  throw error(what + cause, sqlstate, std::string(subject), code);
}

void fail(sqlite3* db, int code, const std::string& path, std::string_view subject,
          std::string cause) {
  if ((code & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  bool known = db && (sqlite3_errcode(db) & 0xff) == (code & 0xff);
  if (known) code = sqlite3_extended_errcode(db);
  const char* state = sqlstate_of(code);
  if (cause.empty()) {
    cause = known ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    int system = db && (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
    if (system != 0) cause += ": " + std::generic_category().message(system);
    // No room, in other words than SQLITE_FULL.
    if (system == EFBIG || system == ENOSPC || system == EDQUOT) state = "53100";
  }
  fail(state, code, path, subject, std::move(cause));
}

}}}}  // namespace rondo::v0::sqlite::detail
