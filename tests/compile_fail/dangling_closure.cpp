// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang
// EXPECT: will be destroyed at the end of the full-expression
#include <rondo/rondo.hpp>

rondo::task<> body() {
  int n = 1;
#ifdef BAD
  auto h = rondo::create_task(
      [n]() -> rondo::task<> { co_await rondo::sleep(std::chrono::seconds(n)); }());
#else
  auto h = rondo::create_task(
      [n]() -> rondo::task<> { co_await rondo::sleep(std::chrono::seconds(n)); });
#endif
  co_await h;
}
