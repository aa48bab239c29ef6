// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// EXPECT: name the lambda first and pass it by its name
#include <memory>

#include <rondo/rondo.hpp>

rondo::task<> work(rondo::task_group& group) {
  auto p = std::make_shared<int>(1);
#ifdef BAD
  co_await group.create_task([p]() -> rondo::task<> { co_return; });
#else
  group.create_task([p]() -> rondo::task<> { co_return; });
#endif
  co_return;
}
