// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/db/detail/parameters.hpp>
#include <rondo/db/detail/row_store.hpp>
#include <rondo/db/interval.hpp>
#include <rondo/db/numeric.hpp>
#include <rondo/db/uuid.hpp>
#include <rondo/detail/unique_function.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

// What reads a value. Each throws conversion_error.
bool read_bool(const cell& c);
std::int64_t read_integer(const cell& c, std::int64_t least, std::int64_t most);
double read_real(const cell& c);
float read_float(const cell& c);
std::string read_text(const cell& c);
std::vector<std::byte> read_blob(const cell& c);
numeric read_numeric(const cell& c);
uuid read_uuid(const cell& c);
interval read_interval(const cell& c);
std::chrono::microseconds read_time_of_day(const cell& c);
std::chrono::sys_time<std::chrono::microseconds> read_timestamp_with_zone(const cell& c);
std::chrono::local_time<std::chrono::microseconds> read_timestamp(const cell& c);
std::chrono::sys_days read_date(const cell& c);
std::string_view read_json_text(const cell& c);
/// Calls f for each element.
void read_array(const cell& c, rondo::detail::unique_function<void(const cell&)> f);

// What writes a parameter. What no database has throws conversion_error.
void write_unsigned(parameters& p, std::uint64_t v);
void write(parameters& p, const uuid& v);
void write(parameters& p, const interval& v);
void write_time_of_day(parameters& p, std::chrono::microseconds v);
void write_timestamp_with_zone(parameters& p, std::chrono::sys_time<std::chrono::microseconds> v);
void write_timestamp(parameters& p, std::chrono::local_time<std::chrono::microseconds> v);
void write_date(parameters& p, std::chrono::sys_days v);
/// Throws for what 64 bits of microseconds do not hold.
void check_seconds(const parameters& p, double v);
void check_date(const parameters& p, bool exists);

/// Rounded down.
template <class Duration>
std::chrono::microseconds in_microseconds(const parameters& p, Duration v) {
  check_seconds(p, std::chrono::duration<double>(v).count());
  return std::chrono::floor<std::chrono::microseconds>(v);
}

/// Throws conversion_error for a time that the program's type does not hold.
[[noreturn]] void does_not_fit(const cell& c);

/// Rounded down. A type of finer steps, or of fewer bits, holds less than a column does: the
/// year 9999 is not within 64 bits of nanoseconds.
template <class Duration>
Duration from_microseconds(const cell& c, std::chrono::microseconds v) {
  using std::chrono::microseconds;
  using rep = typename Duration::rep;
  if constexpr (std::is_integral_v<rep>) {
    using wide = std::chrono::duration<std::int64_t, typename Duration::period>;
    if constexpr (std::ratio_less_v<typename Duration::period, std::micro>) {
      if (v > std::chrono::floor<microseconds>(wide::max()) ||
          v < std::chrono::ceil<microseconds>(wide::min()))
        does_not_fit(c);
    }
    if (!std::in_range<rep>(std::chrono::floor<wide>(v).count())) does_not_fit(c);
  }
  return std::chrono::floor<Duration>(v);
}

template <class T>
concept text_like = std::convertible_to<const T&, std::string_view>;
template <class T>
concept byte_range = std::convertible_to<const T&, std::span<const std::byte>>;
template <class T>
concept character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
                    std::same_as<T, char16_t> || std::same_as<T, char32_t>;

/// nlohmann::json, or one like it, without its header, which is dear.
template <class T>
concept json_like = requires(const T& v) {
  T::parse(std::string_view(), nullptr, false).is_discarded();
  v.dump();
};

template <class T>
inline constexpr bool no_conversion = false;

/// How a T is read from a column, and written as a parameter.
template <class T>
struct conversion {
  static void write(parameters& p, const T& v) {
    if constexpr (std::is_integral_v<T> && !character<T>) {
      if constexpr (std::is_signed_v<T> || sizeof(T) < 8) {
        p.add(static_cast<std::int64_t>(v));
      } else {
        write_unsigned(p, v);
      }
    } else if constexpr (std::is_floating_point_v<T>) {
      p.add(static_cast<double>(v));
    } else if constexpr (json_like<T>) {  // which is convertible to text, too
      p.add_text(v.dump());
    } else if constexpr (text_like<T>) {
      p.add_text(std::string_view(v));
    } else if constexpr (byte_range<T>) {
      p.add_blob(std::span<const std::byte>(v));
    } else {
      static_assert(no_conversion<T>,
                    "rondo: this type is no parameter of a statement: pass a number, text, "
                    "std::vector<std::byte>, a time of <chrono>, db::uuid, db::interval, "
                    "db::numeric, nlohmann::json, or std::optional or std::vector of these");
    }
  }
  static T read(const cell& c) {
    if constexpr (std::is_integral_v<T> && !character<T>) {
      constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
      constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
      return static_cast<T>(
          read_integer(c, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                       static_cast<std::int64_t>(most < largest ? most : largest)));
    } else if constexpr (std::is_same_v<T, float>) {
      return read_float(c);
    } else if constexpr (std::is_floating_point_v<T>) {
      return read_real(c);
    } else if constexpr (json_like<T>) {
      T parsed = T::parse(read_json_text(c), nullptr, false);
      if (parsed.is_discarded()) c.not_a("JSON");
      return parsed;
    } else {
      static_assert(no_conversion<T>,
                    "rondo: no column is read as this type: ask for a number, std::string, "
                    "std::vector<std::byte>, a time of <chrono>, db::uuid, db::interval, "
                    "db::numeric, nlohmann::json, or std::optional or std::vector of these; for "
                    "several columns a std::tuple, or a struct with RONDO_FIELDS");
    }
  }
};

template <>
struct conversion<bool> {
  static void write(parameters& p, bool v) { p.add(v); }
  static bool read(const cell& c) { return read_bool(c); }
};
template <>
struct conversion<std::string> {
  static void write(parameters& p, const std::string& v) { p.add_text(v); }
  static std::string read(const cell& c) { return read_text(c); }
};
template <>
struct conversion<numeric> {
  static void write(parameters& p, const numeric& v) { p.add_text(v.text); }
  static numeric read(const cell& c) { return read_numeric(c); }
};
template <>
struct conversion<uuid> {
  static void write(parameters& p, const uuid& v) { detail::write(p, v); }
  static uuid read(const cell& c) { return read_uuid(c); }
};
template <>
struct conversion<interval> {
  static void write(parameters& p, const interval& v) { detail::write(p, v); }
  static interval read(const cell& c) { return read_interval(c); }
};
/// A date, and a moment in days: the same.
template <>
struct conversion<std::chrono::sys_days> {
  static void write(parameters& p, std::chrono::sys_days v) { write_date(p, v); }
  static std::chrono::sys_days read(const cell& c) { return read_date(c); }
};
template <>
struct conversion<std::chrono::year_month_day> {
  static void write(parameters& p, std::chrono::year_month_day v) {
    check_date(p, v.ok());
    write_date(p, v);
  }
  static std::chrono::year_month_day read(const cell& c) { return read_date(c); }
};
/// A moment, which is a timestamp with zone. Read into a coarser duration it is rounded down.
template <class Duration>
struct conversion<std::chrono::sys_time<Duration>> {
  static void write(parameters& p, std::chrono::sys_time<Duration> v) {
    write_timestamp_with_zone(p, std::chrono::sys_time<std::chrono::microseconds>(
                                     in_microseconds(p, v.time_since_epoch())));
  }
  static std::chrono::sys_time<Duration> read(const cell& c) {
    return std::chrono::sys_time<Duration>(
        from_microseconds<Duration>(c, read_timestamp_with_zone(c).time_since_epoch()));
  }
};
/// A timestamp without zone.
template <class Duration>
struct conversion<std::chrono::local_time<Duration>> {
  static void write(parameters& p, std::chrono::local_time<Duration> v) {
    write_timestamp(p, std::chrono::local_time<std::chrono::microseconds>(
                           in_microseconds(p, v.time_since_epoch())));
  }
  static std::chrono::local_time<Duration> read(const cell& c) {
    return std::chrono::local_time<Duration>(
        from_microseconds<Duration>(c, read_timestamp(c).time_since_epoch()));
  }
};
/// A time of day, or an interval without months and days.
template <class Rep, class Period>
struct conversion<std::chrono::duration<Rep, Period>> {
  using type = std::chrono::duration<Rep, Period>;
  static void write(parameters& p, type v) { write_time_of_day(p, in_microseconds(p, v)); }
  static type read(const cell& c) { return from_microseconds<type>(c, read_time_of_day(c)); }
};
template <>
struct conversion<std::nullptr_t> {
  static void write(parameters& p, std::nullptr_t) { p.add_null(); }
};
template <>
struct conversion<std::nullopt_t> {
  static void write(parameters& p, std::nullopt_t) { p.add_null(); }
};
template <class T>
struct conversion<std::optional<T>> {
  static void write(parameters& p, const std::optional<T>& v) {
    if (v) {
      conversion<T>::write(p, *v);
    } else {
      p.add_null();
    }
  }
  static std::optional<T> read(const cell& c) {
    if (c.what.is == kind::null) return std::nullopt;
    return conversion<T>::read(c);
  }
};
template <>
struct conversion<std::vector<std::byte>> {
  static void write(parameters& p, std::span<const std::byte> v) { p.add_blob(v); }
  static std::vector<std::byte> read(const cell& c) { return read_blob(c); }
};
template <class T>
struct conversion<std::vector<T>> {
  static void write(parameters& p, const std::vector<T>& v) {
    p.begin_array();
    for (const auto& element : v) conversion<T>::write(p, element);
    p.end_array();
  }
  static std::vector<T> read(const cell& c) {
    std::vector<T> values;
    read_array(c,
               [&values](const cell& element) { values.push_back(conversion<T>::read(element)); });
    return values;
  }
};

/// As parameters, in order.
template <class... A>
parameters encode(const A&... args) {
  parameters p;
  p.reserve(sizeof...(A));
  (conversion<std::decay_t<const A&>>::write(p, args), ...);
  return p;
}

}}}}  // namespace rondo::v0::db::detail
