// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/message/date.hpp>
#include <rondo/http/message/media_type.hpp>

#include <clocale>
#include <rondo/coro/errors.hpp>

#include <gtest/gtest.h>

namespace http = rondo::http;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr sys_seconds example{784111777s};  // RFC 9110, 5.6.7

TEST(http_date, is_formatted_whatever_the_locale) {
  const char* before = std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
  EXPECT_EQ(http::format_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  if (before) std::setlocale(LC_ALL, "C");
  EXPECT_EQ(http::format_date(sys_seconds(0s)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http::format_date(sys_seconds(-1s)), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(http::format_date(sys_seconds(1709210096s)), "Thu, 29 Feb 2024 12:34:56 GMT");
  EXPECT_EQ(http::format_date(sys_days(9999y / 12 / 31)), "Fri, 31 Dec 9999 00:00:00 GMT");
  EXPECT_THROW(http::format_date(sys_days(9999y / 12 / 31) + 24h), rondo::usage_error);
  EXPECT_THROW(http::format_date(sys_seconds(seconds(INT64_MAX / 2))), rondo::usage_error);
}

TEST(http_date, three_forms_are_read) {
  EXPECT_EQ(http::parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), example);
  EXPECT_EQ(http::parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), example);
  EXPECT_EQ(http::parse_date("Sun Nov  6 08:49:37 1994"), example);
  EXPECT_EQ(http::parse_date("Sun Nov 06 08:49:37 1994"), example);
  EXPECT_EQ(http::parse_date("Wed Nov 16 08:49:37 1994"), example + 240h);
  EXPECT_EQ(http::parse_date("Sat, 31 Dec 2016 23:59:60 GMT"), sys_days(2017y / 1 / 1))
      << "a leap second";
}

TEST(http_date, a_year_of_two_digits_is_at_most_50_ahead) {
  year this_year = year_month_day(floor<days>(system_clock::now())).year();
  for (int ahead : {-40, 0, 49, 50, 51, 59}) {
    year_month_day day = (this_year + years(ahead)) / 6 / 15;
    int full = static_cast<int>(day.year());
    year_month_day expected = ahead > 50 ? (day.year() - years(100)) / 6 / 15 : day;
    constexpr const char* names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
    char text[64];
    std::snprintf(text, sizeof text, "%s, 15-Jun-%02d 00:00:00 GMT",
                  names[weekday(sys_days(expected)).c_encoding()], full % 100);
    EXPECT_EQ(http::parse_date(text), sys_days(expected)) << text;
  }
}

TEST(http_date, anything_else_is_none) {
  for (const char* bad : {
           "",
           " ",
           "Sun",
           "Sun,",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Mon, 06 Nov 1994 08:49:37 GMT",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:37 GMT",
           "Sun, 06 Nov 1994 08:49:61 GMT",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 GMTX",
           "Fri, 30 Feb 2024 00:00:00 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sunday 06-Nov-94 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov  6 08:49:37 1994 ",
           "Sun Nov    08:49:37 1994",
           "784111777",
           "Sun, -6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 8:49:37 GMT",
       })
    EXPECT_FALSE(http::parse_date(bad)) << "'" << bad << "'";
}

TEST(http_date, what_is_formatted_is_read) {
  for (std::int64_t t = -3'000'000'000; t < 9'000'000'000; t += 98'765'431) {
    sys_seconds time{seconds(t)};
    EXPECT_EQ(http::parse_date(http::format_date(time)), time) << t;
  }
}

TEST(media_type, is_told_by_the_end_of_the_name) {
  EXPECT_EQ(http::media_type_of("a/b/Index.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(http::media_type_of("a.tar.gz"), "application/gzip");
  EXPECT_EQ(http::media_type_of("x.7z"), "application/x-7z-compressed");
  EXPECT_EQ(http::media_type_of("x.zst"), "application/zstd");
  EXPECT_EQ(http::media_type_of("x.woff2"), "font/woff2");
  for (const char* unknown : {"", "html", "x.", "a.html/x", "x.nothing", "x.a-very-long-extension"})
    EXPECT_EQ(http::media_type_of(unknown), "application/octet-stream") << unknown;
}

TEST(media_type, text_is_compressible) {
  for (const char* yes : {"text/html; charset=utf-8", "TEXT/PLAIN", "application/json ; x=y",
                          "image/svg+xml", "application/ld+json", "application/wasm"})
    EXPECT_TRUE(http::is_compressible(yes)) << yes;
  for (const char* no : {"", "image/png", "application/gzip", "application/octet-stream", "text",
                         "text/event-stream", "text/event-stream; charset=utf-8"})
    EXPECT_FALSE(http::is_compressible(no)) << no;
}

}  // namespace
