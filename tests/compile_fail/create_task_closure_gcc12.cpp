// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// EXPECT: name the lambda first and pass it by its name
#include <memory>

#include <rondo/rondo.hpp>

rondo::task<> body() {
  auto p = std::make_shared<int>(1);
#ifdef BAD
  int n = co_await rondo::create_task([p]() -> rondo::task<int> { co_return *p; });
#else
  auto owning = [p]() -> rondo::task<int> { co_return *p; };
  int n = co_await rondo::create_task(owning);
  // No co_await in the expression that makes the closure: sound.
  auto h = rondo::create_task([p]() -> rondo::task<int> { co_return *p; });
  n += co_await h;
  rondo::task_handle<int> moved = rondo::create_task([p]() -> rondo::task<int> { co_return *p; });
  n += co_await std::move(moved);
  co_await rondo::wait(h, moved);
#endif
  static_cast<void>(n);
}
