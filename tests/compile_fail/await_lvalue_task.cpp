// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: a task is awaited once: write co_await std::move(t)
#include <rondo/rondo.hpp>

rondo::task<int> number() { co_return 1; }

rondo::task<> body() {
  rondo::task<int> t = number();
#ifdef BAD
  int n = co_await t;
#else
  int n = co_await std::move(t);
#endif
  static_cast<void>(n);
}
