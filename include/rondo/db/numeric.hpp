// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rondo { inline namespace v0 { namespace db {

/// A decimal number of any length, as text ("1234.50", "NaN"): what `numeric` columns hold
/// exactly and a double does not.
struct numeric {
  std::string text;

  friend bool operator==(const numeric&, const numeric&) = default;
};

}}}  // namespace rondo::v0::db
