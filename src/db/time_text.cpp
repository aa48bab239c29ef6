// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "db/time_text.hpp"

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <system_error>

#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace db {
namespace {

constexpr std::int64_t second = 1'000'000;

}

namespace detail {
namespace {

using std::chrono::microseconds;

/// Reads from the front of a text; each says whether it was there, and takes it then.
class reader {
 public:
  explicit reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  char next() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (next() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Digits, at least and at most so many.
  bool number(std::size_t least, std::size_t most, std::int64_t& into) {
    std::size_t n = 0;
    into = 0;
    while (n < most && n < rest_.size() && ascii::is_digit(rest_[n]))
      into = into * 10 + (rest_[n++] - '0');
    rest_.remove_prefix(n);
    return n >= least && !ascii::is_digit(next());
  }
  /// What follows a point, in millionths of one; further digits are left out. No point: none.
  bool fraction(std::int64_t& millionths) {
    millionths = 0;
    if (!take('.')) return true;
    std::int64_t unit = 100'000;
    if (!ascii::is_digit(next())) return false;
    for (; ascii::is_digit(next()); rest_.remove_prefix(1), unit /= 10)
      millionths += (next() - '0') * unit;
    return true;
  }
  std::string_view word(std::size_t most) {
    std::size_t n = 0;
    while (n < most && n < rest_.size() && ascii::is_letter(rest_[n])) ++n;
    std::string_view found = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return found;
  }
  int sign() { return take('-') ? -1 : (take('+'), 1); }

 private:
  std::string_view rest_;
};

/// into += amount * unit; false where 64 bits do not hold it.
bool add_product(std::int64_t& into, std::int64_t amount, std::int64_t unit) {
  std::int64_t product;
  return !__builtin_mul_overflow(amount, unit, &product) &&
         !__builtin_add_overflow(into, product, &into);
}

bool date(reader& in, std::chrono::sys_days& into) {
  std::int64_t year, month, day;
  if (!in.number(4, 5, year) || !in.take('-') || !in.number(2, 2, month) || !in.take('-') ||
      !in.number(2, 2, day) || year > 32767)
    return false;
  std::chrono::year_month_day ymd(std::chrono::year(static_cast<int>(year)),
                                  std::chrono::month(static_cast<unsigned>(month)),
                                  std::chrono::day(static_cast<unsigned>(day)));
  into = ymd;
  return ymd.ok();
}

/// hh:mm[:ss[.ffffff]]
bool clock(reader& in, std::size_t most_hour_digits, microseconds& into) {
  std::int64_t hours, minutes, seconds = 0, millionths = 0;
  if (!in.number(2, most_hour_digits, hours) || !in.take(':') || !in.number(2, 2, minutes) ||
      minutes > 59)
    return false;
  if (in.take(':') && (!in.number(2, 2, seconds) || seconds > 60 || !in.fraction(millionths)))
    return false;
  std::int64_t all = (minutes * 60 + seconds) * second + millionths;
  if (!add_product(all, hours, 3600 * second)) return false;
  into = microseconds(all);
  return true;
}

constexpr std::size_t most_hours = 10;  // digits: what an interval's microseconds can hold

bool fits(std::int64_t v) {
  return v >= std::numeric_limits<std::int32_t>::min() &&
         v <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

std::optional<timestamp> parse_timestamp(std::string_view text) {
  reader in(text);
  std::chrono::sys_days day;
  microseconds time;
  if (!date(in, day) || (!in.take(' ') && !in.take('T')) || !clock(in, 2, time) ||
      time > std::chrono::hours(24))
    return std::nullopt;
  timestamp made{std::chrono::local_time<microseconds>(day.time_since_epoch() + time), {}};
  if (in.take('Z')) {
    made.offset = std::chrono::seconds(0);
  } else if (!in.done()) {
    if (in.next() != '+' && in.next() != '-') return std::nullopt;
    int sign = in.sign();
    std::int64_t hours, minutes = 0, seconds = 0;
    if (!in.number(2, 2, hours) || (in.take(':') && !in.number(2, 2, minutes)) ||
        (in.take(':') && !in.number(2, 2, seconds)))
      return std::nullopt;
    made.offset = std::chrono::seconds(sign * ((hours * 60 + minutes) * 60 + seconds));
  }
  if (!in.done()) return std::nullopt;
  return made;
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  reader in(text);
  std::chrono::sys_days day;
  if (!date(in, day) || !in.done()) return std::nullopt;
  return day;
}

std::optional<microseconds> parse_time(std::string_view text) {
  reader in(text);
  int sign = in.sign();
  microseconds time;
  if (!clock(in, most_hours, time) || !in.done()) return std::nullopt;
  return sign * time;
}

std::optional<interval> parse_interval(std::string_view text) {
  reader in(text);
  interval made;
  std::int64_t months = 0, days = 0, time = 0;
  bool iso = in.take('P'), time_part = false;
  if (in.done()) return std::nullopt;
  while (!in.done()) {
    if (!iso) in.take(' ');
    if (iso && in.take('T')) time_part = true;
    reader number = in;
    int sign = in.sign();
    std::int64_t amount, millionths = 0;
    if (!in.number(1, 18, amount)) return std::nullopt;
    if (!iso && in.next() == ':') {
      sign = number.sign();
      microseconds rest;
      if (!clock(number, most_hours, rest) || !number.done()) return std::nullopt;
      time = sign * rest.count();
      break;
    }
    if (iso && !in.fraction(millionths)) return std::nullopt;
    if (!iso && !in.take(' ')) return std::nullopt;
    std::string_view unit = in.word(iso ? 1 : 8);
    if (millionths != 0 && !(time_part && unit == "S")) return std::nullopt;
    auto is = [&](bool in_time, std::string_view letter, std::string_view word,
                  std::string_view words) {
      return iso ? time_part == in_time && unit == letter : unit == word || unit == words;
    };
    amount *= sign;
    bool held = true;
    if (is(false, "Y", "year", "years")) {
      held = add_product(months, amount, 12);
    } else if (is(false, "M", "mon", "mons")) {
      held = add_product(months, amount, 1);
    } else if (is(false, "W", "week", "weeks")) {
      held = add_product(days, amount, 7);
    } else if (is(false, "D", "day", "days")) {
      held = add_product(days, amount, 1);
    } else if (iso && is(true, "H", "", "")) {
      held = add_product(time, amount, 3600 * second);
    } else if (iso && is(true, "M", "", "")) {
      held = add_product(time, amount, 60 * second);
    } else if (iso && is(true, "S", "", "")) {
      held = add_product(time, amount, second) && add_product(time, sign, millionths);
    } else {
      return std::nullopt;
    }
    if (!held) return std::nullopt;
  }
  made.time = microseconds(time);
  if (!fits(months) || !fits(days)) return std::nullopt;
  made.months = static_cast<std::int32_t>(months);
  made.days = static_cast<std::int32_t>(days);
  return made;
}

std::string date_text(std::chrono::sys_days v) {
  std::chrono::year_month_day ymd(v);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
  return text;
}

std::string time_text(microseconds v) {
  auto us = static_cast<std::uint64_t>(v.count());
  if (v.count() < 0) us = 0 - us;  // the least one has no positive counterpart
  std::uint64_t seconds = us / second, fraction = us % second;
  char text[48];
  int n = std::snprintf(text, sizeof text, "%s%02llu:%02llu:%02llu", v.count() < 0 ? "-" : "",
                        static_cast<unsigned long long>(seconds / 3600),
                        static_cast<unsigned long long>(seconds / 60 % 60),
                        static_cast<unsigned long long>(seconds % 60));
  if (fraction != 0)
    std::snprintf(text + n, sizeof text - static_cast<std::size_t>(n), ".%06llu",
                  static_cast<unsigned long long>(fraction));
  return text;
}

std::string timestamp_text(std::chrono::local_time<microseconds> v) {
  auto day = std::chrono::floor<std::chrono::days>(v);
  return date_text(std::chrono::sys_days(day.time_since_epoch())) + " " + time_text(v - day);
}

}  // namespace detail

std::string interval::text() const {
  std::string text = "P";
  if (months != 0) text += std::to_string(months) + "M";
  if (days != 0) text += std::to_string(days) + "D";
  if (time.count() != 0) {
    auto us = static_cast<std::uint64_t>(time.count());
    if (time.count() < 0) us = 0 - us;  // the least one has no positive counterpart
    const char* sign = time.count() < 0 ? "-" : "";
    text += 'T';
    auto append = [&](std::uint64_t amount, const char* unit) {
      if (amount != 0) text += sign + std::to_string(amount) + unit;
    };
    append(us / (3600 * second), "H");
    append(us / (60 * second) % 60, "M");
    std::uint64_t seconds = us / second % 60, fraction = us % second;
    if (fraction == 0) {
      append(seconds, "S");
    } else {
      char part[32];
      std::snprintf(part, sizeof part, "%s%d.%06dS", sign, static_cast<int>(seconds),
                    static_cast<int>(fraction));
      text += part;
    }
  }
  return text == "P" ? "PT0S" : text;
}

}}}  // namespace rondo::v0::db
