// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

enum class kind : std::uint8_t {
  null,
  boolean,
  integer,
  real,
  text,     ///< also all that databases write as text: dates, numeric, json
  blob,     ///< the bytes themselves
  escaped,  ///< a blob as PostgreSQL writes it: \\x and hexadecimal digits, or octal escapes
  array,    ///< as PostgreSQL writes it: {1,2,NULL}
};

/// One value as a database gives it, or as it gets one. Refers to bytes of who gives it.
struct value {
  kind is = kind::null;
  kind element = kind::text;  ///< of an array: what its elements are
  union {
    std::int64_t integer = 0;
    double real;
    bool boolean;
  };
  std::string_view bytes = {};

  static value of(std::int64_t v) noexcept {
    value made;
    made.is = kind::integer;
    made.integer = v;
    return made;
  }
  static value of(double v) noexcept {
    value made;
    made.is = kind::real;
    made.real = v;
    return made;
  }
  static value of(bool v) noexcept {
    value made;
    made.is = kind::boolean;
    made.boolean = v;
    return made;
  }
  static value of(kind is, std::string_view bytes) noexcept {
    value made;
    made.is = is;
    made.bytes = bytes;
    return made;
  }
};

}}}}  // namespace rondo::v0::db::detail
