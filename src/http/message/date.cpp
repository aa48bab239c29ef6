// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/message/date.hpp>

#include <array>
#include <cstdio>

#include <rondo/coro/errors.hpp>
#include <rondo/http/message/headers.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace {

using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 7> days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a text from its front, piece by piece; once something did not fit, nothing
/// does any more.
class reader {
 public:
  explicit reader(std::string_view text) : rest_(text) {}

  bool complete() const { return fits_ && rest_.empty(); }

  void literal(std::string_view expected) {
    fits_ = fits_ && rest_.starts_with(expected);
    if (fits_) rest_.remove_prefix(expected.size());
  }
  /// Exactly so many digits; spaces may stand for the first ones if padded.
  unsigned number(std::size_t digits, bool padded = false) {
    fits_ = fits_ && rest_.size() >= digits;
    unsigned value = 0;
    for (std::size_t i = 0; fits_ && i < digits; ++i) {
      char c = rest_[i];
      if (padded && c == ' ' && i + 1 < digits && value == 0) continue;
      fits_ = c >= '0' && c <= '9';
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (fits_) rest_.remove_prefix(digits);
    return value;
  }
  unsigned month() {
    for (unsigned i = 0; i < months.size(); ++i)
      if (rest_.starts_with(months[i])) return literal(months[i]), i + 1;
    fits_ = false;
    return 1;
  }
  unsigned day_of_week(bool whole) {
    for (unsigned i = 0; i < days.size(); ++i) {
      std::string_view name = days[i].substr(0, whole ? days[i].npos : 3);
      if (rest_.starts_with(name)) return literal(name), i;
    }
    fits_ = false;
    return 0;
  }
  std::chrono::seconds clock() {
    unsigned hour = number(2);
    literal(":");
    unsigned minute = number(2);
    literal(":");
    unsigned second = number(2);
    fits_ = fits_ && hour < 24 && minute < 60 && second <= 60;  // 60: a leap second
    return std::chrono::seconds(hour * 3600 + minute * 60 + second);
  }

 private:
  std::string_view rest_;
  bool fits_ = true;
};

}  // namespace

std::string format_date(sys_seconds time) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  int year = static_cast<int>(date.year());
  // The type of the calendar holds no more than ±32767, and wraps.
  constexpr sys_seconds first = sys_days(std::chrono::year(0) / 1 / 1);
  constexpr sys_seconds last = sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::hours(24);
  if (time < first || time >= last)
    throw usage_error("http::format_date: the year has not four digits");
  auto clock = static_cast<unsigned>((time - day).count());
  char text[64];
  int size = std::snprintf(text, sizeof text, "%.3s, %02u %.3s %04d %02u:%02u:%02u GMT",
                           days[std::chrono::weekday(day).c_encoding()].data(),
                           static_cast<unsigned>(date.day()),
                           months[static_cast<unsigned>(date.month()) - 1].data(), year,
                           clock / 3600, clock / 60 % 60, clock % 60);
  return std::string(text, static_cast<std::size_t>(size));
}

std::optional<sys_seconds> parse_date(std::string_view text) {
  reader in(text);
  unsigned weekday = 0, day = 0, month = 1, year = 0;
  std::chrono::seconds clock{};
  std::size_t comma = text.find(',');
  if (comma == text.npos) {  // asctime
    weekday = in.day_of_week(false);
    in.literal(" ");
    month = in.month();
    in.literal(" ");
    day = in.number(2, true);
    in.literal(" ");
    clock = in.clock();
    in.literal(" ");
    year = in.number(4);
  } else if (comma == 3) {
    weekday = in.day_of_week(false);
    in.literal(", ");
    day = in.number(2);
    in.literal(" ");
    month = in.month();
    in.literal(" ");
    year = in.number(4);
    in.literal(" ");
    clock = in.clock();
    in.literal(" GMT");
  } else {  // RFC 850
    weekday = in.day_of_week(true);
    in.literal(", ");
    day = in.number(2);
    in.literal("-");
    month = in.month();
    in.literal("-");
    year = in.number(2);
    in.literal(" ");
    clock = in.clock();
    in.literal(" GMT");
    auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    auto this_year =
        static_cast<unsigned>(static_cast<int>(std::chrono::year_month_day(today).year()));
    year += this_year / 100 * 100;
    if (year > this_year + 50) year -= 100;
  }
  std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                   std::chrono::month(month), std::chrono::day(day));
  if (!in.complete() || !date.ok() || std::chrono::weekday(sys_days(date)).c_encoding() != weekday)
    return std::nullopt;
  return sys_days(date) + clock;
}

}}}  // namespace rondo::v0::http
