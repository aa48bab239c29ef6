// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: call it, f() in place of f
#include <rondo/rondo.hpp>

rondo::task<> f() { co_return; }

rondo::task<> body() {
#ifdef BAD
  co_await rondo::move_on_after(std::chrono::seconds(1), f);
#else
  co_await rondo::move_on_after(std::chrono::seconds(1), f());
#endif
}
