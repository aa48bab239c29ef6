// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "db/table.hpp"

namespace {

using namespace rondo::testing;
using namespace std::chrono_literals;
namespace db = rondo::db;
using db::detail::kind;
using db::detail::value;

template <class T>
T read(value v) {
  return make_result({"x"}, {{v}}).one<T>();
}

/// What reading it says, and its SQLSTATE.
template <class T>
std::string refusal(value v) {
  try {
    read<T>(v);
  } catch (const db::conversion_error& e) {
    EXPECT_EQ(e.column(), "x");
    EXPECT_EQ(e.row(), 1u);
    EXPECT_EQ(e.statement(), "select it");
    return e.sqlstate() + " " + e.what();
  }
  return "it was read";
}

TEST(conversion, numbers_are_read_within_their_limits) {
  EXPECT_EQ(read<int>(number(-5)), -5);
  EXPECT_EQ(read<std::uint64_t>(number(INT64_MAX)), static_cast<std::uint64_t>(INT64_MAX));
  EXPECT_EQ(read<std::int8_t>(number(-128)), -128);
  EXPECT_EQ(refusal<std::int8_t>(number(128)),
            "22003 select it: column x, row 1: 128 is not within -128 and 127");
  EXPECT_EQ(refusal<unsigned>(number(-1)),
            "22003 select it: column x, row 1: -1 is not within 0 and 4294967295");
  EXPECT_EQ(read<double>(number(5)), 5.0);
  EXPECT_EQ(read<double>(value::of(0.1)), 0.1);
  EXPECT_EQ(refusal<double>(number(INT64_MAX)),
            "22003 select it: column x, row 1: 9223372036854775807 is not exact as a double");
  EXPECT_EQ(refusal<int>(value::of(0.5)), "42804 select it: column x, row 1: 0.5 is no integer");
  EXPECT_EQ(refusal<float>(value::of(1e300)).substr(0, 6), "22003 ");
  EXPECT_EQ(read<float>(value::of(0.5)), 0.5f);
}

TEST(conversion, a_null_is_an_optional_or_an_error) {
  EXPECT_EQ(read<std::optional<int>>(null()), std::nullopt);
  EXPECT_EQ(read<std::optional<int>>(number(7)), 7);
  EXPECT_EQ(refusal<int>(null()),
            "22002 select it: column x, row 1: null is no integer: ask for a std::optional");
  EXPECT_EQ(refusal<std::string>(null()),
            "22002 select it: column x, row 1: null is no text: ask for a std::optional");
}

TEST(conversion, text_is_not_taken_for_a_number_nor_the_reverse) {
  EXPECT_EQ(read<std::string>(text("'; drop table x;--")), "'; drop table x;--");
  EXPECT_EQ(refusal<int>(text("abc")), "22018 select it: column x, row 1: 'abc' is no integer");
  EXPECT_EQ(refusal<std::string>(number(5)), "42804 select it: column x, row 1: 5 is no text");
  EXPECT_EQ(read<bool>(number(1)), true);
  EXPECT_EQ(refusal<bool>(number(2)), "42804 select it: column x, row 1: 2 is no bool");
  EXPECT_EQ(read<bool>(value::of(false)), false);
}

TEST(conversion, a_long_or_strange_text_is_shown_short_and_on_one_line) {
  EXPECT_EQ(refusal<int>(text("a\n\x01" + std::string(100, 'b'))),
            "22018 select it: column x, row 1: 'a " + std::string(38, 'b') + "…' is no integer");
}

TEST(conversion, bytes_come_in_three_forms) {
  std::vector<std::byte> bytes{std::byte{0}, std::byte{0xab}, std::byte{'\\'}, std::byte{'x'}};
  EXPECT_EQ(read<std::vector<std::byte>>(value::of(kind::blob, std::string_view("\0\xab\\x", 4))),
            bytes);
  EXPECT_EQ(read<std::vector<std::byte>>(value::of(kind::escaped, "\\x00aB5c78")), bytes);
  EXPECT_EQ(read<std::vector<std::byte>>(value::of(kind::escaped, "\\000\\253\\\\x")), bytes);
  for (std::string_view bad : {"\\x0", "\\xg0", "\\00", "\\", "\\400", "\\089"})
    EXPECT_NE(refusal<std::vector<std::byte>>(value::of(kind::escaped, bad)), "it was read") << bad;
}

TEST(conversion, a_uuid_is_read_in_every_form) {
  auto id = db::uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(id.text(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  EXPECT_EQ(read<db::uuid>(text("{A0EEBC999C0B4EF8BB6D6BB9BD380A11}")), id);
  EXPECT_EQ(read<db::uuid>(value::of(
                kind::blob, std::string_view(reinterpret_cast<const char*>(id.bytes.data()), 16))),
            id);
  for (std::string_view bad :
       {"", "a0eebc99", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "-a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0e-ebc999c0b4ef8bb6d6bb9bd380a11", "g0eebc999c0b4ef8bb6d6bb9bd380a11"})
    EXPECT_EQ(refusal<db::uuid>(text(bad)).substr(0, 6), "22018 ") << bad;
}

TEST(conversion, times_are_read_with_and_without_zone) {
  using namespace std::chrono;
  auto at = [](int h, int m, int s) {
    return sys_days(2026y / November / 30) + hours(h) + minutes(m) + seconds(s);
  };
  using moment = sys_time<microseconds>;
  EXPECT_EQ(read<moment>(text("2026-11-30 16:07:57.123456+00")), at(16, 7, 57) + 123456us);
  EXPECT_EQ(read<moment>(text("2026-11-30T16:07:57Z")), at(16, 7, 57));
  EXPECT_EQ(read<moment>(text("2026-11-30 16:07:57.5-05:30")), at(21, 37, 57) + 500ms);
  EXPECT_EQ(read<moment>(text("1889-01-01 00:00:00+00:53:28")),
            sys_days(1888y / December / 31) + 23h + 6min + 32s);
  EXPECT_EQ(read<sys_time<seconds>>(text("2026-11-30 16:07:57.9+00")), at(16, 7, 57));
  EXPECT_EQ(read<local_time<microseconds>>(text("2026-11-30 16:07:57")),
            local_days(2026y / November / 30) + 16h + 7min + 57s);
  EXPECT_EQ(read<sys_days>(text("2024-02-29")), sys_days(2024y / February / 29));
  EXPECT_EQ(read<year_month_day>(text("2024-02-29")), 2024y / February / 29);
  EXPECT_EQ(read<microseconds>(text("-26:05:06.7")), -(26h + 5min + 6s + 700ms));

  EXPECT_EQ(refusal<moment>(text("2026-11-30 16:07:57")),
            "22007 select it: column x, row 1: 2026-11-30 16:07:57 says no time zone: ask for a "
            "std::chrono::local_time");
  EXPECT_EQ(refusal<local_time<seconds>>(text("2026-11-30 16:07:57+00")).substr(0, 6), "22007 ");
  EXPECT_EQ(refusal<moment>(text("infinity")).substr(0, 6), "22008 ");
  EXPECT_EQ(refusal<sys_days>(text("0044-03-15 BC")).substr(0, 6), "22008 ");
  for (std::string_view bad :
       {"", "2026", "2026-13-01 00:00:00Z", "2026-02-29 00:00:00Z", "2026-11-30 24:01:00Z",
        "2026-11-30 00:60:00Z", "2026-11-30 00:00:00.Z", "2026-11-30 00:00:00Z ",
        "2026-11-30 00:00:00+1", "294276-12-31 00:00:00Z", "2026-11-30"})
    EXPECT_EQ(refusal<moment>(text(bad)).substr(0, 6), "22018 ") << bad;
}

TEST(conversion, a_time_is_read_within_the_limits_of_its_type) {
  using namespace std::chrono;
  value last = text("9999-12-31 23:59:59.999999Z");
  EXPECT_EQ(read<sys_time<microseconds>>(last).time_since_epoch(), 253402300799999999us);
  EXPECT_EQ(refusal<sys_time<nanoseconds>>(last),
            "22008 select it: column x, row 1: 9999-12-31 23:59:59.999999Z does not fit into the "
            "program's type: ask for a time in microseconds");
  EXPECT_EQ(read<sys_time<nanoseconds>>(text("2262-04-11 23:47:16.854775Z")).time_since_epoch(),
            9223372036854775000ns);
  EXPECT_EQ(refusal<sys_time<nanoseconds>>(text("2262-04-11 23:47:16.854776Z")).substr(0, 6),
            "22008 ");
  EXPECT_EQ(read<sys_time<nanoseconds>>(text("1677-09-21 00:12:43.145225Z")).time_since_epoch(),
            -9223372036854775000ns);
  EXPECT_EQ(refusal<sys_time<nanoseconds>>(text("1677-09-21 00:12:43.145224Z")).substr(0, 6),
            "22008 ");
  EXPECT_EQ(refusal<local_time<nanoseconds>>(text("9999-12-31 00:00:00")).substr(0, 6), "22008 ");
  using short_seconds = duration<std::int32_t>;
  EXPECT_EQ(read<sys_time<short_seconds>>(text("2038-01-19 03:14:07Z")).time_since_epoch().count(),
            INT32_MAX);
  EXPECT_EQ(refusal<sys_time<short_seconds>>(text("2038-01-19 03:14:08Z")).substr(0, 6), "22008 ");
  EXPECT_EQ(refusal<nanoseconds>(text("9999999:00:00")).substr(0, 6), "22008 ");
  EXPECT_EQ(read<duration<double>>(text("9999999:00:00")).count(), 9999999 * 3600.0);
}

TEST(conversion, intervals_are_read_in_both_forms) {
  using namespace std::chrono;
  db::interval long_one{14, 3, 4h + 5min + 6s + 789ms};
  EXPECT_EQ(read<db::interval>(text("1 year 2 mons 3 days 04:05:06.789")), long_one);
  EXPECT_EQ(read<db::interval>(text("P1Y2M3DT4H5M6.789S")), long_one);
  EXPECT_EQ(read<db::interval>(text(long_one.text())), long_one);
  db::interval mixed{-14, 3, -(4h + 5min + 6s)};
  EXPECT_EQ(read<db::interval>(text("-1 years -2 mons +3 days -04:05:06")), mixed);
  EXPECT_EQ(read<db::interval>(text("P-1Y-2M3DT-4H-5M-6S")), mixed);
  for (db::interval i :
       {mixed, db::interval{}, db::interval{0, 0, -1us}, db::interval{0, 0, -1500ms}})
    EXPECT_EQ(read<db::interval>(text(i.text())), i) << i.text();
  EXPECT_EQ(read<db::interval>(text("00:00:00")), db::interval{});
  EXPECT_NE(refusal<microseconds>(text("1 day 00:00:00")).find("ask for a db::interval"),
            std::string::npos);
  for (std::string_view bad :
       {"", "P", "1", "1 light-year", "P1S", "PT1D", "P1.5D", "99999999999 days", "1 day 2",
        "9999999999:00:00", "PT9999999999H", "PT2000000000H1000000000H", "9999999999 years"})
    EXPECT_EQ(refusal<db::interval>(text(bad)).substr(0, 6), "22018 ") << bad;
}

TEST(conversion, arrays_hold_what_their_element_type_says) {
  using ints = std::vector<int>;
  EXPECT_EQ(read<ints>(array("{1,-2,3}", kind::integer)), (ints{1, -2, 3}));
  EXPECT_EQ(read<ints>(array("{}", kind::integer)), ints{});
  EXPECT_EQ(read<ints>(array("[0:1]={1,2}", kind::integer)), (ints{1, 2}));
  EXPECT_EQ(read<std::vector<std::optional<int>>>(array("{1,NULL}", kind::integer)),
            (std::vector<std::optional<int>>{1, std::nullopt}));
  EXPECT_EQ(read<std::vector<ints>>(array("{{1,2},{3,4}}", kind::integer)),
            (std::vector<ints>{{1, 2}, {3, 4}}));
  EXPECT_EQ(read<std::vector<std::string>>(array(R"({a,"b, c","NULL","\\\"}{",""})", kind::text)),
            (std::vector<std::string>{"a", "b, c", "NULL", "\\\"}{", ""}));
  EXPECT_EQ(read<std::vector<bool>>(array("{t,f}", kind::boolean)),
            (std::vector<bool>{true, false}));
  EXPECT_EQ(refusal<ints>(array("{1,NULL}", kind::integer)).substr(0, 6), "22002 ");
  EXPECT_EQ(refusal<ints>(array("{1,x}", kind::integer)).substr(0, 6), "22018 ");
  for (std::string_view bad :
       {"", "{", "}", "{1,", "{1,}", "{\"a}", "{{1}", "{1}2", "{\\}", "[0:1]", "{{1}x}"})
    EXPECT_NE(refusal<std::vector<std::string>>(array(bad, kind::text)), "it was read") << bad;
}

TEST(conversion, json_serves_as_arrays_where_there_are_none) {
  EXPECT_EQ(read<std::vector<int>>(text("[1,2]")), (std::vector<int>{1, 2}));
  EXPECT_EQ(read<std::vector<db::numeric>>(text("[18446744073709551615]"))[0].text,
            "18446744073709551615");
  EXPECT_EQ(refusal<std::vector<std::int64_t>>(text("[18446744073709551615]")).substr(0, 6),
            "22018 ");
  EXPECT_EQ(read<std::vector<std::optional<std::string>>>(text(R"(["a",null])")),
            (std::vector<std::optional<std::string>>{"a", std::nullopt}));
  EXPECT_EQ(read<std::vector<std::vector<double>>>(text("[[1.5],[2]]")),
            (std::vector<std::vector<double>>{{1.5}, {2}}));
  EXPECT_EQ(refusal<std::vector<int>>(text("[1")).substr(0, 6), "22018 ");
  EXPECT_EQ(read<nlohmann::json>(text(R"({"a":[1]})"))["a"][0], 1);
  EXPECT_EQ(refusal<nlohmann::json>(text("{")).substr(0, 6), "22018 ");
}

/// What a parameter becomes.
template <class T>
std::string written(const T& v, db::detail::parameters::array_form form =
                                    db::detail::parameters::array_form::braces) {
  std::string shown;
  db::detail::encode(v, 1).for_each(form, [&](const value& each) {
    if (!shown.empty()) {
      EXPECT_EQ(each.integer, 1) << "what follows it has its place";
      return;
    }
    switch (each.is) {
      case kind::null:
        shown = "null";
        break;
      case kind::boolean:
        shown = each.boolean ? "true" : "false";
        break;
      case kind::integer:
        shown = std::to_string(each.integer);
        break;
      case kind::real:
        shown = std::to_string(each.real);
        break;
      default:
        shown = "'" + std::string(each.bytes) + "'";
    }
  });
  return shown;
}

TEST(conversion, parameters_are_written_exactly) {
  using namespace std::chrono;
  EXPECT_EQ(written(-5), "-5");
  EXPECT_EQ(written(true), "true");
  EXPECT_EQ(written("it's"), "'it's'");
  EXPECT_EQ(written(std::string_view("a\0b", 3)), "'" + std::string("a\0b", 3) + "'");
  EXPECT_EQ(written(nullptr), "null");
  EXPECT_EQ(written(std::optional<int>()), "null");
  EXPECT_EQ(written(std::optional<int>(3)), "3");
  EXPECT_EQ(written(sys_days(2026y / November / 30)), "'2026-11-30'");
  EXPECT_EQ(written(sys_days(2026y / November / 30) + 1ms), "'2026-11-30 00:00:00.001000Z'");
  EXPECT_EQ(written(local_days(2026y / November / 30) + 1h), "'2026-11-30 01:00:00'");
  EXPECT_EQ(written(sys_days(1969y / December / 31) + 23h + 59min + 59s + 999999us),
            "'1969-12-31 23:59:59.999999Z'");
  EXPECT_EQ(written(90min), "'01:30:00'");
  EXPECT_EQ(written(db::numeric{"1.50"}), "'1.50'");
  EXPECT_EQ(written(nlohmann::json{{"a", 1}}), "'{\"a\":1}'");
  EXPECT_EQ(written(std::uint64_t(INT64_MAX)), "9223372036854775807");
  EXPECT_THROW(written(std::uint64_t(INT64_MAX) + 1), db::conversion_error);
  EXPECT_THROW(written(sys_days(10000y / January / 1)), db::conversion_error);
  EXPECT_THROW(written(2026y / February / 30), db::conversion_error);
  EXPECT_THROW(written(sys_time<seconds>::max()), db::conversion_error);
  EXPECT_THROW(written(sys_time<microseconds>::min()), db::conversion_error);
  EXPECT_THROW(written(sys_days::max()), db::conversion_error);
  EXPECT_THROW(written(local_time<hours>::max()), db::conversion_error);
  EXPECT_THROW(written(hours::max()), db::conversion_error);
  EXPECT_THROW(written(duration<double>(std::numeric_limits<double>::quiet_NaN())),
               db::conversion_error);
  EXPECT_EQ(written(sys_time<nanoseconds>(nanoseconds(-1))), "'1969-12-31 23:59:59.999999Z'");
}

TEST(conversion, arrays_are_written_as_the_database_reads_them) {
  using form = db::detail::parameters::array_form;
  std::vector<std::optional<std::string>> texts{"a", "b \"c\" \\ \n", std::nullopt, "", "NULL"};
  EXPECT_EQ(written(texts), "'{\"a\",\"b \\\"c\\\" \\\\ \n\",NULL,\"\",\"NULL\"}'");
  EXPECT_EQ(nlohmann::json::parse(
                written(texts, form::json).substr(1, written(texts, form::json).size() - 2)),
            (nlohmann::json{"a", "b \"c\" \\ \n", nullptr, "", "NULL"}));
  EXPECT_EQ(written(std::vector<std::vector<int>>{{1, 2}, {3}}), "'{{1,2},{3}}'");
  EXPECT_EQ(written(std::vector<int>{}), "'{}'");
  EXPECT_EQ(read<std::vector<std::optional<std::string>>>(
                array(written(texts).substr(1, written(texts).size() - 2), kind::text)),
            texts);
}

}  // namespace
