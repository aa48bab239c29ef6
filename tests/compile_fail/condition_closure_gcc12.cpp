// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// EXPECT: name the lambda first and pass it by its name
#include <memory>

#include <rondo/rondo.hpp>

rondo::task<> body(rondo::condition& changed) {
  auto p = std::make_shared<int>(1);
  auto guard = co_await changed.acquire();
#ifdef BAD
  co_await changed.wait(guard, [p] { return *p == 1; });
#else
  auto come = [p] { return *p == 1; };
  co_await changed.wait(guard, come);
  co_await changed.wait(guard, [&] { return *p == 1; });
#endif
}
