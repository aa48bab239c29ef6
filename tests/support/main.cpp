// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <gtest/gtest.h>

#include "support/child.hpp"

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--rondo-child") == 0) {
    for (test::child_main* c = test::child_main::first; c; c = c->next)
      if (std::strcmp(c->name, argv[2]) == 0) return c->function();
    std::fprintf(stderr, "no child is called %s\n", argv[2]);
    return 125;
  }
  testing::InitGoogleTest(&argc, argv);
  // Death tests run in a fresh process: threads of other tests may hold locks.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  return RUN_ALL_TESTS();
}
