// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An async generator yields values and may await between them.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::async_generator<int> countdown(int start) {
  for (int i = start; i > 0; --i) {
    co_yield i;
    co_await rondo::sleep(100ms);
  }
}

rondo::task<> amain() {
  auto numbers = countdown(3);
  while (auto i = co_await numbers.next()) std::printf("%d\n", *i);
  std::puts("Liftoff!");
}

int main() { rondo::run(amain()); }
