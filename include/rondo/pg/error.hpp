// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/db/errors.hpp>

namespace rondo { inline namespace v0 { namespace pg {

/// What the server says of an error, field by field; empty where it says nothing
/// (https://www.postgresql.org/docs/current/protocol-error-fields.html).
struct error_fields {
  std::string severity;  ///< "ERROR", "FATAL"
  std::string message;
  std::string detail;
  std::string hint;
  std::string schema, table, column, constraint;
  int position = 0;  ///< the character of the statement, from 1; 0: not said
};

/// PostgreSQL refused a statement. The text names the statement and the cause:
/// `insert into t …: duplicate key value violates unique constraint "t_pkey" (23505)`.
class error : public db::error {
 public:
  error(std::string what, std::string sqlstate, std::string statement, error_fields fields)
      : db::error(std::move(what), std::move(sqlstate), std::move(statement)),
        fields_(std::move(fields)) {}

  const std::string& severity() const noexcept { return fields_.severity; }
  /// The server's own words.
  const std::string& message() const noexcept { return fields_.message; }
  const std::string& detail() const noexcept { return fields_.detail; }
  const std::string& hint() const noexcept { return fields_.hint; }
  const std::string& schema() const noexcept { return fields_.schema; }
  const std::string& table() const noexcept { return fields_.table; }
  const std::string& column() const noexcept { return fields_.column; }
  const std::string& constraint() const noexcept { return fields_.constraint; }
  int position() const noexcept { return fields_.position; }

 private:
  error_fields fields_;
};

/// There is no connection, or it was lost. Of a statement that had been sent nobody knows
/// whether it has had its effect; the text says so.
class connection_error : public error {
 public:
  using error::error;
};

}}}  // namespace rondo::v0::pg
