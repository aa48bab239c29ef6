// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/make_error.hpp"

#include <cstdlib>

#include "db/statement_text.hpp"
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

std::string message_text(const char* libpq) {
  std::string text;
  for (const char* c = libpq; c && *c; ++c) text += *c == '\n' || *c == '\t' ? ' ' : *c;
  std::string_view trimmed = ascii::trimmed(text);
  if (trimmed.starts_with("FATAL:  ")) trimmed.remove_prefix(8);
  return std::string(trimmed);
}

std::exception_ptr make_error(const PGresult* result, const std::string& statement,
                              const std::string& what) noexcept {
  try {
    auto field = [&](int code) {
      const char* text = PQresultErrorField(result, code);
      return std::string(text ? text : "");
    };
    error_fields f{.severity = field(PG_DIAG_SEVERITY_NONLOCALIZED),
                   .message = field(PG_DIAG_MESSAGE_PRIMARY),
                   .detail = field(PG_DIAG_MESSAGE_DETAIL),
                   .hint = field(PG_DIAG_MESSAGE_HINT),
                   .schema = field(PG_DIAG_SCHEMA_NAME),
                   .table = field(PG_DIAG_TABLE_NAME),
                   .column = field(PG_DIAG_COLUMN_NAME),
                   .constraint = field(PG_DIAG_CONSTRAINT_NAME),
                   .position = std::atoi(field(PG_DIAG_STATEMENT_POSITION).c_str())};
    // What libpq says by itself has no fields.
    if (f.message.empty()) f.message = message_text(PQresultErrorMessage(result));
    std::string sqlstate = field(PG_DIAG_SQLSTATE);
    std::string text =
        (what.empty() ? db::detail::statement_text(statement) : what) + ": " + f.message;
    if (!sqlstate.empty()) text += " (" + sqlstate + ")";
    if (f.position > 0) text += ", at character " + std::to_string(f.position);
    if (!f.detail.empty()) text += "; " + message_text(f.detail.c_str());
    if (!f.hint.empty()) text += "; " + message_text(f.hint.c_str());
    if (f.severity == "FATAL" || f.severity == "PANIC" || sqlstate.starts_with("08"))
      return std::make_exception_ptr(
          connection_error(std::move(text), std::move(sqlstate), statement, std::move(f)));
    return std::make_exception_ptr(
        error(std::move(text), std::move(sqlstate), statement, std::move(f)));
  } catch (...) {
    return std::current_exception();
  }
}

std::exception_ptr make_connection_error(const std::string& what, const std::string& cause,
                                         const std::string& sqlstate,
                                         const std::string& statement) noexcept {
  try {
    error_fields fields;
    fields.severity = "FATAL";
    fields.message = cause;
    return std::make_exception_ptr(
        connection_error(what + ": " + cause, sqlstate, statement, std::move(fields)));
  } catch (...) {
    return std::current_exception();
  }
}

}}}}  // namespace rondo::v0::pg::detail
