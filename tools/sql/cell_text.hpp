// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/db/detail/row_store.hpp>

namespace tool {

/// A value that is not null as the database would write it: "true", "3.5", "\x00ff".
std::string plain_text(const rondo::db::detail::cell& c);
/// A field of a line: null is nothing, an empty text is "".
std::string csv_text(const rondo::db::detail::cell& c);
/// Numbers, booleans, nulls, arrays and documents as JSON has them, all else as text.
std::string json_text(const rondo::db::detail::cell& c);
std::string json_string(std::string_view text);
/// A text as a field by RFC 4180.
std::string csv_string(std::string_view text);

bool is_number(const rondo::db::detail::cell& c);

}  // namespace tool
