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
  if (std::optional<int> code = test::run_child(argc, argv)) return *code;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
