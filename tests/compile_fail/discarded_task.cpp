// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: nodiscard
#include <rondo/rondo.hpp>

rondo::task<> work() { co_return; }

rondo::task<> body() {
#ifdef BAD
  work();
#else
  co_await work();
#endif
}
