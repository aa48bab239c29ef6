// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: rondo::gather(range)
#include <vector>

#include <rondo/rondo.hpp>

rondo::task<> f() { co_return; }

rondo::task<> body() {
#ifdef BAD
  std::vector<rondo::task<>> all;
  co_await all;
#else
  std::vector<rondo::task<>> all;
  co_await rondo::gather(all);
#endif
}
