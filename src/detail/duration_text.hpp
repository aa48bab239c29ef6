// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace rondo { inline namespace v0 { namespace detail {

/// A length of time in messages: "50us", "0.05s", "90s", from two minutes on in whole
/// seconds, "2m", "1h30m", "50h".
inline std::string duration_text(std::chrono::nanoseconds d) {
  if (d.count() < 0) return "-" + duration_text(-d);
  char text[32];
  double seconds = static_cast<double>(d.count()) * 1e-9;
  if (d >= std::chrono::minutes(2)) {
    auto whole = d.count() / 1'000'000'000;
    std::string s;
    for (auto [unit, length] : {std::pair("h", 3600), std::pair("m", 60), std::pair("s", 1)}) {
      if (whole >= length) s += std::to_string(whole / length) + unit;
      whole %= length;
    }
    return s;
  }
  if (d.count() != 0 && d < std::chrono::milliseconds(1)) {
    std::snprintf(text, sizeof text, "%gus", seconds * 1e6);
  } else {
    std::snprintf(text, sizeof text, "%.3gs", seconds);
  }
  return text;
}

}}}  // namespace rondo::v0::detail
