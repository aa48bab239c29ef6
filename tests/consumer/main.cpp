// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<int> square(int x) {
  co_await rondo::sleep(1ms);
  co_return x* x;
}

rondo::task<> amain() {
  auto [a, b] = co_await rondo::gather(square(3), square(4));
  std::printf("%d\n", a + b);
}

int main() { rondo::run(amain()); }
