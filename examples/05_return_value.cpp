// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An async function returns its value to whoever awaits it.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<int> calculate() {
  co_await rondo::sleep(1s);
  co_return 10;
}

rondo::task<> amain() {
  int result = co_await calculate();
  std::printf("%d\n", result);
}

int main() { rondo::run(amain()); }
