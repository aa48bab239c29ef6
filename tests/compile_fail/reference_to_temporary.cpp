// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: return_value
#include <rondo/rondo.hpp>

int shared = 1;

rondo::task<const int&> number() {
#ifdef BAD
  co_return 1;  // dies here
#else
  co_return shared;
#endif
}
