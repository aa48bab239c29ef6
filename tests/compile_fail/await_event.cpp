// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: write x.wait()
#include <rondo/rondo.hpp>

rondo::task<> f() { co_return; }

rondo::task<> body() {
#ifdef BAD
  rondo::event event;
  co_await event;
#else
  rondo::event event;
  co_await event.wait();
#endif
}
