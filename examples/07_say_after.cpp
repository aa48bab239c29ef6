// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// One await after the other: one second and two seconds are three.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> say_after(rondo::delay delay, const char* what) {
  co_await rondo::sleep(delay);
  std::puts(what);
}

rondo::task<> amain() {
  auto start = rondo::now();
  co_await say_after(1s, "hello");
  co_await say_after(2s, "world");
  double took = (rondo::now() - start) / 1.0s;
  std::printf("took %.0f seconds\n", took);
}

int main() { rondo::run(amain()); }
