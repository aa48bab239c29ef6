// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// EXPECT: name the lambda first and pass it by its name
#include <memory>

#include <rondo/rondo.hpp>

rondo::task<> body() {
  auto p = std::make_shared<int>(1);
  int n = 2;
#ifdef BAD
  co_await rondo::with_task_group([p](rondo::task_group&) {});
#else
  auto owning = [p](rondo::task_group&) {};
  co_await rondo::with_task_group(owning);
#endif
  co_await rondo::with_task_group([&](rondo::task_group&) { ++n; });
}
