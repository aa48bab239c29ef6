// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include <rondo/process/process_pool.hpp>

#include "support/child.hpp"
#include "support/run.hpp"

namespace {
rondo::task<> nothing() { co_return; }
}  // namespace

int main(int argc, char** argv) {
  // What a main may do wrong, or in another way, in a worker.
  const char* way = std::getenv("RONDO_TEST_MAIN");
  if (!way) {
    rondo::serve_process_pool();
  } else if (std::strcmp(way, "run") == 0) {
    rondo::run(nothing());
  } else if (std::strcmp(way, "return") == 0) {
    return 7;
  } else if (std::strcmp(way, "pool") == 0) {
    try {
      rondo::process_pool pool;
    } catch (const rondo::usage_error&) {
      return 8;
    }
  }
  if (argc == 3 && std::strcmp(argv[1], "--rondo-child") == 0) {
    for (test::child_main* c = test::child_main::first; c; c = c->next)
      if (std::strcmp(c->name, argv[2]) == 0) return c->function();
    std::fprintf(stderr, "no child is called %s\n", argv[2]);
    return 125;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
