// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: the result of this task cannot be copied out of its handle: write co_await
// std::move(handle)
#include <memory>

#include <rondo/rondo.hpp>

rondo::task<std::unique_ptr<int>> make() { co_return std::make_unique<int>(1); }

rondo::task<> body() {
  auto h = rondo::create_task(make());
#ifdef BAD
  auto p = co_await h;
#else
  auto p = co_await std::move(h);
#endif
}
