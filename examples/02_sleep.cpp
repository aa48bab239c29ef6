// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// co_await pauses the coroutine: two seconds pass before "World".
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> greet() {
  std::puts("Hello");
  co_await rondo::sleep(2s);
  std::puts("World");
}

int main() { rondo::run(greet()); }
