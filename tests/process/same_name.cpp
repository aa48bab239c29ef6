// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A function of the same name and type as one in remote_function_test.cpp.
#include "process/same_name.hpp"

static int twice_there(int x) { return x + 2; }

namespace test {
rondo::task<int> call_the_other_twice_there(rondo::executor& where) {
  co_return co_await where.call<&twice_there>(20);
}
}  // namespace test
