// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/db/errors.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

/// What SQLite reports. The text names the database, the statement and the cause.
class error : public db::error {
 public:
  error(std::string what, std::string sqlstate, std::string statement, int extended_code)
      : db::error(std::move(what), std::move(sqlstate), std::move(statement)),
        extended_code_(extended_code) {}

  /// SQLite's own number for it, such as 19 (SQLITE_CONSTRAINT).
  int code() const noexcept { return extended_code_ & 0xff; }
  /// The same with its details, such as 2067 (SQLITE_CONSTRAINT_UNIQUE).
  int extended_code() const noexcept { return extended_code_; }

 private:
  int extended_code_;
};

}}}  // namespace rondo::v0::sqlite
