// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace http {

/// "Sun, 06 Nov 1994 08:49:37 GMT": the date of a header field (RFC 9110, 5.6.7),
/// whatever the locale. Throws usage_error for a year that has not four digits.
std::string format_date(std::chrono::sys_seconds time);

/// Reads a header's date in any of the three forms that RFC 9110, 5.6.7 names: as
/// above, `Sunday, 06-Nov-94 08:49:37 GMT` (a year more than 50 years ahead is one
/// of the last century) and `Sun Nov  6 08:49:37 1994`. Empty for anything else,
/// for a date that the calendar does not have, and for the wrong day of the week.
std::optional<std::chrono::sys_seconds> parse_date(std::string_view text);

}}}  // namespace rondo::v0::http
