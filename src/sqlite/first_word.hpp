// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// Behind blanks and comments, and semicolons, which are empty statements.
std::string_view skip_blank(std::string_view sql) noexcept;
/// Whether there is nothing else in it.
inline bool is_blank(std::string_view sql) noexcept { return skip_blank(sql).empty(); }

/// Whether it may be a statement that changes nothing, by its first word. Those are tried on
/// a reader, where SQLite itself says whether it is one; all others go to the writer.
bool may_be_read_only(std::string_view sql) noexcept;

}}}}  // namespace rondo::v0::sqlite::detail
