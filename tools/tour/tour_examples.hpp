// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tool {

/// One program of the tutorial, built into the tour from examples/.
struct example {
  const char* file;
  const char* source;
  void (*run)();  ///< its main
  const char* expected;
  double seconds;
};

const std::vector<example>& tutorial_examples();

}  // namespace tool
