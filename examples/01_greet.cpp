// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An async function: calling it runs nothing yet, awaiting it does.
#include <cstdio>
#include <rondo/rondo.hpp>

rondo::task<> greet() {
  std::puts("Hello");
  co_return;
}

rondo::task<> amain() {
  auto greeting = greet();
  std::puts("Nothing was printed yet");
  co_await std::move(greeting);
}

int main() { rondo::run(amain()); }
