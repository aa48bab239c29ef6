// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// From what a database gave to what the program asked for. Nothing is guessed: what would lose
// something is an error.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include <nlohmann/json.hpp>

#include <rondo/coro/errors.hpp>
#include <rondo/db/detail/conversion.hpp>
#include "db/array_text.hpp"
#include "db/time_text.hpp"
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

using std::chrono::microseconds;

constexpr const char* out_of_range = "22003";
constexpr const char* bad_datetime = "22007";

/// Bytes as PostgreSQL writes them: \x and two digits for each, or by bytea_output = escape.
bool unescape(std::string_view text, std::vector<std::byte>& into) {
  if (text.starts_with("\\x")) {
    text.remove_prefix(2);
    if (text.size() % 2 != 0) return false;
    into.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
      int high = ascii::hex_digit(text[i]), low = ascii::hex_digit(text[i + 1]);
      if (high < 0 || low < 0) return false;
      into.push_back(static_cast<std::byte>(high << 4 | low));
    }
    return true;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      into.push_back(static_cast<std::byte>(text[i]));
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      into.push_back(std::byte{'\\'});
      ++i;
    } else {
      unsigned byte = 0;
      auto [end, problem] =
          std::from_chars(text.data() + i + 1, text.data() + std::min(i + 4, text.size()), byte, 8);
      if (problem != std::errc() || end != text.data() + i + 4 || byte > 255) return false;
      into.push_back(static_cast<std::byte>(byte));
      i += 3;
    }
  }
  return true;
}

bool is_text(const cell& c) noexcept { return c.what.is == kind::text; }

}  // namespace

bool read_bool(const cell& c) {
  if (c.what.is == kind::boolean) return c.what.boolean;
  // SQLite has no other.
  if (c.what.is == kind::integer && (c.what.integer == 0 || c.what.integer == 1))
    return c.what.integer == 1;
  c.not_a("bool");
}

std::int64_t read_integer(const cell& c, std::int64_t least, std::int64_t most) {
  if (c.what.is != kind::integer) c.not_a("integer");
  if (c.what.integer < least || c.what.integer > most)
    c.wrong(std::to_string(c.what.integer) + " is not within " + std::to_string(least) + " and " +
                std::to_string(most),
            out_of_range);
  return c.what.integer;
}

double read_real(const cell& c) {
  if (c.what.is == kind::real) return c.what.real;
  constexpr std::int64_t exact = std::int64_t(1) << std::numeric_limits<double>::digits;
  if (c.what.is == kind::integer) {
    if (c.what.integer < -exact || c.what.integer > exact)
      c.wrong(std::to_string(c.what.integer) + " is not exact as a double", out_of_range);
    return static_cast<double>(c.what.integer);
  }
  if (is_text(c) && c.store.columns()[c.at].type == "numeric")
    c.wrong("a numeric may not be exact as a double: ask for a db::numeric, or select it as float8",
            "42804");
  c.not_a("floating point number");
}

float read_float(const cell& c) {
  double wide = read_real(c);
  auto narrow = static_cast<float>(wide);
  if (std::isfinite(wide) && !std::isfinite(narrow))
    c.wrong(std::to_string(wide) + " is too large for a float", out_of_range);
  return narrow;
}

std::string read_text(const cell& c) {
  if (!is_text(c) && c.what.is != kind::array) c.not_a("text");
  return std::string(c.what.bytes);
}

std::vector<std::byte> read_blob(const cell& c) {
  std::vector<std::byte> bytes;
  if (c.what.is == kind::blob) {
    auto* first = reinterpret_cast<const std::byte*>(c.what.bytes.data());
    bytes.assign(first, first + c.what.bytes.size());
  } else if (c.what.is != kind::escaped || !unescape(c.what.bytes, bytes)) {
    c.not_a("string of bytes");
  }
  return bytes;
}

numeric read_numeric(const cell& c) {
  if (is_text(c)) return numeric(std::string(c.what.bytes));
  char text[32];
  char* end = nullptr;
  if (c.what.is == kind::integer) end = std::to_chars(text, std::end(text), c.what.integer).ptr;
  if (c.what.is == kind::real) end = std::to_chars(text, std::end(text), c.what.real).ptr;
  if (!end) c.not_a("number");
  return numeric(std::string(text, end));
}

uuid read_uuid(const cell& c) {
  if (c.what.is == kind::blob && c.what.bytes.size() == 16) {
    uuid made;
    std::copy(c.what.bytes.begin(), c.what.bytes.end(), made.bytes.begin());
    return made;
  }
  if (!is_text(c)) c.not_a("UUID");
  try {
    return uuid::parse(c.what.bytes);
  } catch (const usage_error&) {
    c.not_a("UUID");
  }
}

interval read_interval(const cell& c) {
  if (!is_text(c)) c.not_a("interval");
  auto parsed = parse_interval(c.what.bytes);
  if (!parsed) c.not_a("interval");
  return *parsed;
}

microseconds read_time_of_day(const cell& c) {
  if (!is_text(c)) c.not_a("time of day");
  auto parsed = parse_time(c.what.bytes);
  if (!parsed && parse_interval(c.what.bytes))
    c.wrong(std::string(c.what.bytes) + " has days or months: ask for a db::interval",
            bad_datetime);
  if (!parsed) c.not_a("time of day");
  return *parsed;
}

namespace {

timestamp read_any_timestamp(const cell& c) {
  if (!is_text(c)) c.not_a("timestamp");
  auto parsed = parse_timestamp(c.what.bytes);
  if (!parsed && (c.what.bytes.ends_with("infinity") || c.what.bytes.ends_with("BC")))
    c.wrong(std::string(c.what.bytes) + " is no time of <chrono> here: ask for a std::string",
            "22008");
  if (!parsed) c.not_a("timestamp");
  return *parsed;
}

}  // namespace

std::chrono::sys_time<microseconds> read_timestamp_with_zone(const cell& c) {
  timestamp t = read_any_timestamp(c);
  if (!t.offset && !c.store.times_are_utc)
    c.wrong(std::string(c.what.bytes) + " says no time zone: ask for a std::chrono::local_time",
            bad_datetime);
  auto offset = t.offset.value_or(std::chrono::seconds(0));
  return std::chrono::sys_time<microseconds>(t.local.time_since_epoch() - offset);
}

std::chrono::local_time<microseconds> read_timestamp(const cell& c) {
  timestamp t = read_any_timestamp(c);
  if (t.offset)
    c.wrong(std::string(c.what.bytes) + " has a time zone: ask for a std::chrono::sys_time",
            bad_datetime);
  return t.local;
}

std::chrono::sys_days read_date(const cell& c) {
  if (!is_text(c)) c.not_a("date");
  auto parsed = parse_date(c.what.bytes);
  if (!parsed && (c.what.bytes.ends_with("infinity") || c.what.bytes.ends_with("BC")))
    c.wrong(std::string(c.what.bytes) + " is no date of <chrono> here: ask for a std::string",
            "22008");
  if (!parsed) c.not_a("date");
  return *parsed;
}

void does_not_fit(const cell& c) {
  c.wrong(std::string(c.what.bytes) +
              " does not fit into the program's type: ask for a time in microseconds",
          "22008");
}

std::string_view read_json_text(const cell& c) {
  if (!is_text(c)) c.not_a("JSON");
  return c.what.bytes;
}

void read_array(const cell& c, rondo::detail::unique_function<void(const cell&)> f) {
  // Of types that PostgreSQL's clients do not know by their number, such as enums, arrays come
  // as plain text.
  if (c.what.is == kind::array || (is_text(c) && c.what.bytes.starts_with('{'))) {
    rondo::detail::unique_function<void(const value&)> each = [&](const value& v) {
      f(cell(c, v));
    };
    if (!for_each_element(c.what.bytes, c.what.element, each)) c.not_a("array");
    return;
  }
  // SQLite has none: there JSON serves.
  if (!is_text(c)) c.not_a("array");
  nlohmann::json parsed = nlohmann::json::parse(c.what.bytes, nullptr, false);
  if (!parsed.is_array()) c.not_a("array");
  for (const auto& element : parsed) {
    std::string text;
    value v;
    if (element.is_boolean()) {
      v = value::of(element.get<bool>());
    } else if (element.is_number_unsigned() &&
               element.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
      text = element.dump();
      v = value::of(kind::text, text);  // as a numeric: all its digits
    } else if (element.is_number_integer()) {
      v = value::of(element.get<std::int64_t>());
    } else if (element.is_number()) {
      v = value::of(element.get<double>());
    } else if (!element.is_null()) {
      text = element.is_string() ? element.get<std::string>() : element.dump();
      v = value::of(kind::text, text);
    }
    f(cell(c, v));
  }
}

}}}}  // namespace rondo::v0::db::detail
