// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: this cannot be awaited
#include <rondo/rondo.hpp>

rondo::task<> f() { co_return; }

rondo::task<> body() {
#ifdef BAD
  co_await 5;
#else
  co_await f();
#endif
}
