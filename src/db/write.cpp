// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/db/detail/conversion.hpp>
#include <rondo/db/errors.hpp>
#include "db/time_text.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

[[noreturn]] void not_within(const parameters& p, const std::string& what) {
  throw conversion_error("parameter " + std::to_string(p.size() + 1) + ": " + what, "22003", "", "",
                         0);
}

/// Databases write years before 1 each in a way of its own.
void check_year(const parameters& p, std::chrono::sys_days day) {
  if (day < std::chrono::sys_days(std::chrono::year(1) / 1 / 1) ||
      day > std::chrono::sys_days(std::chrono::year(9999) / 12 / 31))
    not_within(p, "a date that is not within the years 1 and 9999");
}

}  // namespace

void check_seconds(const parameters& p, double v) {
  constexpr double most = 9.2e12;
  if (!(v > -most && v < most)) not_within(p, "a time that 64 bits of microseconds do not hold");
}

void check_date(const parameters& p, bool exists) {
  if (!exists) not_within(p, "a date that no calendar has, such as the 30th of February");
}

void write_unsigned(parameters& p, std::uint64_t v) {
  if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    not_within(p, std::to_string(v) + " does not fit into 64 bits with a sign: pass a db::numeric");
  p.add(static_cast<std::int64_t>(v));
}

void write(parameters& p, const uuid& v) { p.add_text(v.text()); }
void write(parameters& p, const interval& v) { p.add_text(v.text()); }
void write_time_of_day(parameters& p, std::chrono::microseconds v) { p.add_text(time_text(v)); }

void write_timestamp(parameters& p, std::chrono::local_time<std::chrono::microseconds> v) {
  check_year(p, std::chrono::sys_days(std::chrono::floor<std::chrono::days>(v.time_since_epoch())));
  p.add_text(timestamp_text(v));
}

void write_timestamp_with_zone(parameters& p, std::chrono::sys_time<std::chrono::microseconds> v) {
  check_year(p, std::chrono::floor<std::chrono::days>(v));
  p.add_text(
      timestamp_text(std::chrono::local_time<std::chrono::microseconds>(v.time_since_epoch())) +
      "Z");
}

void write_date(parameters& p, std::chrono::sys_days v) {
  check_year(p, v);
  p.add_text(date_text(v));
}

}}}}  // namespace rondo::v0::db::detail
