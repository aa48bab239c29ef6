// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: a task or operation is consumed here: pass it with std::move
#include <rondo/rondo.hpp>

rondo::task<> body() {
  auto s = rondo::sleep(std::chrono::seconds(1));
#ifdef BAD
  co_await rondo::wait_for(s, std::chrono::seconds(2));
#else
  co_await rondo::wait_for(std::move(s), std::chrono::seconds(2));
#endif
}
