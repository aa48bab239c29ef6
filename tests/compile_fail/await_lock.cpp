// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: write x.acquire()
#include <rondo/rondo.hpp>

rondo::task<> f() { co_return; }

rondo::task<> body() {
#ifdef BAD
  rondo::lock lock;
  co_await lock;
#else
  rondo::lock lock;
  auto guard = co_await lock.acquire();
#endif
}
