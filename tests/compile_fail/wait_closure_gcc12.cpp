// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// EXPECT: name the lambda first and pass it by its name
#include <memory>

#include <rondo/rondo.hpp>

rondo::task<> body() {
  auto p = std::make_shared<int>(1);
#ifdef BAD
  co_await rondo::wait(rondo::create_task([p]() -> rondo::task<> { co_return; }));
#else
  auto h = rondo::create_task([p]() -> rondo::task<> { co_return; });
  auto h2 = rondo::create_task([]() -> rondo::task<> { co_return; });
  co_await rondo::wait(h, h2);
#endif
}
