// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: write x.get() or x.put(item)
#include <rondo/rondo.hpp>

rondo::task<> f() { co_return; }

rondo::task<> body() {
#ifdef BAD
  rondo::queue<int> queue;
  co_await queue;
#else
  rondo::queue<int> queue;
  co_await queue.get();
#endif
}
