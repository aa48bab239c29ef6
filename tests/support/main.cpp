// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/child.hpp"

int main(int argc, char** argv) {
  if (std::optional<int> code = test::run_child(argc, argv)) return *code;
  testing::InitGoogleTest(&argc, argv);
  // Death tests run in a fresh process: threads of other tests may hold locks.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  return RUN_ALL_TESTS();
}
