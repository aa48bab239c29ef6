// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// gather gives the results in the order of its arguments.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<int> factorial(const char* name, int number) {
  int f = 1;
  for (int i = 2; i <= number; ++i) {
    std::printf("Task %s: Compute factorial(%d), currently i=%d...\n", name, number, i);
    co_await rondo::sleep(100ms);
    f *= i;
  }
  std::printf("Task %s: factorial(%d) = %d\n", name, number, f);
  co_return f;
}

rondo::task<> amain() {
  auto [a, b, c] = co_await rondo::gather(factorial("A", 2), factorial("B", 3), factorial("C", 4));
  std::printf("%d %d %d\n", a, b, c);
}

int main() { rondo::run(amain()); }
