// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace rondo { inline namespace v0 { namespace db {

/// A decimal number of any length, as text ("1234.50", "NaN"): what `numeric` columns hold
/// exactly and a double does not.
struct numeric {
  numeric() = default;
  // No aggregate: g++ 12 destroys the braced temporary of one twice in a co_await expression.
  explicit numeric(std::string number) noexcept : text(std::move(number)) {}

  std::string text;

  friend bool operator==(const numeric&, const numeric&) = default;
};

}}}  // namespace rondo::v0::db
