// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang
// EXPECT: will be destroyed at the end of the full-expression
#include <rondo/rondo.hpp>

struct service {
  rondo::task<> call(int n) { co_await rondo::sleep(std::chrono::seconds(n)); }
};

rondo::task<> body() {
  service s;
#ifdef BAD
  auto h = rondo::create_task(service{}.call(1));
#else
  auto h = rondo::create_task(s.call(1));
#endif
  co_await h;
}
