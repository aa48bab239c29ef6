// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: a task or operation is consumed here: pass it with std::move
#include <rondo/rondo.hpp>

rondo::task<int> number() { co_return 1; }

rondo::task<> body() {
  rondo::task<int> t = number();
#ifdef BAD
  co_await rondo::gather(t, rondo::sleep(std::chrono::seconds(1)));
#else
  co_await rondo::gather(std::move(t), rondo::sleep(std::chrono::seconds(1)));
#endif
}
