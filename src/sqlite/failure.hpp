// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

struct sqlite3;

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// The SQLSTATE of one of SQLite's extended codes.
const char* sqlstate_of(int extended_code) noexcept;

/// Throws sqlite::error with what SQLite says about code on this connection, std::bad_alloc
/// when there was no memory. subject: a statement or what else was tried. cause: instead of
/// SQLite's text.
[[noreturn]] void fail(sqlite3* db, int code, const std::string& path, std::string_view subject,
                       std::string cause = {});
/// The same for a mistake that SQLite does not know.
[[noreturn]] void fail(const char* sqlstate, int code, const std::string& path,
                       std::string_view subject, std::string cause);

}}}}  // namespace rondo::v0::sqlite::detail
