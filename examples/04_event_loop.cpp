// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The event loop: run makes it, and it runs what is ready, turn by turn.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> amain() {
  auto& loop = rondo::loop::current();
  loop.call_soon([] { std::puts("The loop calls a function"); });
  std::puts("The loop runs main");
  co_await rondo::sleep(0s);
  std::puts("The loop runs main again");
}

int main() {
  std::puts("No loop yet");
  rondo::run(amain());
  std::puts("The loop is closed");
}
