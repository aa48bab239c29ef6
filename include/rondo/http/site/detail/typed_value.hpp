// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

/// Texts of a request as values of a type.
namespace rondo { inline namespace v0 { namespace http::detail {

/// Throws status_error: 'the query's "page" is not a number'.
[[noreturn]] void throw_malformed(int status, const char* where, std::string_view name,
                                  const char* wanted);
/// Throws status_error 400: 'the query's "page" is missing'.
[[noreturn]] void throw_missing(const char* where, std::string_view name);

/// The whole text as a T: std::string, bool ("true", "false", "1", "0"), an integer
/// or a finite floating point number; nothing before or after it.
template <class T>
T typed_value(const std::string& text, int status, const char* where, std::string_view name) {
  if constexpr (std::is_same_v<T, std::string>) {
    return text;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    throw_malformed(status, where, name, "true or false");
  } else {
    static_assert(std::is_arithmetic_v<T>, "rondo: numbers, bool and std::string");
    T value{};
    const char* end = text.data() + text.size();
    auto [stopped, error] = std::from_chars(text.data(), end, value);
    bool whole = error == std::errc() && stopped == end;
    if constexpr (std::is_floating_point_v<T>) {
      if (!whole || !std::isfinite(value)) throw_malformed(status, where, name, "a number");
    } else {
      if (error == std::errc::result_out_of_range && stopped == end)
        throw_malformed(status, where, name, "a number of that size");
      if (!whole) throw_malformed(status, where, name, "a whole number");
    }
    return value;
  }
}

}}}  // namespace rondo::v0::http::detail
