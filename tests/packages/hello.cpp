// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;
rondo::task<> amain() {
  co_await rondo::sleep(1ms);
  std::puts("Hello from a package");
}
int main() { rondo::run(amain()); }
