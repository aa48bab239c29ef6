// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tool {

/// A program with a classic mistake in it.
struct mistake {
  const char* name;
  std::string (*run)();  ///< gives what Rondo said
  std::vector<std::string> must_name;
};

std::vector<mistake> all_mistakes();

}  // namespace tool
