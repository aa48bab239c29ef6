// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/db/interval.hpp>

/// Times as databases write them, by ISO 8601 with a blank or a T between date and time.
namespace rondo { inline namespace v0 { namespace db { namespace detail {

struct timestamp {
  std::chrono::local_time<std::chrono::microseconds> local;
  std::optional<std::chrono::seconds> offset;  ///< from UTC, where it says one
};
std::optional<timestamp> parse_timestamp(std::string_view text);
std::optional<std::chrono::sys_days> parse_date(std::string_view text);
/// "04:05:06.789", also of more than a day, also with a sign.
std::optional<std::chrono::microseconds> parse_time(std::string_view text);
/// "1 year 2 mons -3 days 04:05:06.789", as PostgreSQL writes them by default, or by ISO 8601:
/// "P1Y2M-3DT4H5M6.789S".
std::optional<interval> parse_interval(std::string_view text);

std::string date_text(std::chrono::sys_days v);
std::string timestamp_text(std::chrono::local_time<std::chrono::microseconds> v);
std::string time_text(std::chrono::microseconds v);

}}}}  // namespace rondo::v0::db::detail
