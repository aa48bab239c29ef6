// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: does not satisfy
#include <rondo/rondo.hpp>

rondo::task<int> number();

// The signature promises what the operation does not give.
#ifdef BAD
rondo::awaitable<long> auto soon() {
#else
rondo::awaitable<int> auto soon() {
#endif
  return rondo::wait_for(number(), std::chrono::seconds(1));
}

rondo::task<> body() { static_cast<void>(co_await soon()); }
