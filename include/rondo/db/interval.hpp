// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rondo { inline namespace v0 { namespace db {

/// A length of time as SQL counts it: a month has no fixed number of days, nor a day one of
/// hours, so the three stay apart.
struct interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::chrono::microseconds time{0};

  /// By ISO 8601: "P1Y2M3DT4H5M6.7S".
  std::string text() const;

  friend bool operator==(const interval&, const interval&) = default;
};

}}}  // namespace rondo::v0::db
