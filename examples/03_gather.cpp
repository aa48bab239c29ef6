// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// gather runs tasks concurrently: both are done after two seconds, not three.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> task1() {
  co_await rondo::sleep(1s);
  std::puts("Task 1 completed");
}

rondo::task<> task2() {
  co_await rondo::sleep(2s);
  std::puts("Task 2 completed");
}

rondo::task<> amain() { co_await rondo::gather(task1(), task2()); }

int main() { rondo::run(amain()); }
