// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A lock keeps others out while a task reads, waits and writes.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

int balance = 0;

rondo::task<> deposit(rondo::lock& lock, int amount) {
  auto guard = co_await lock.acquire();
  int before = balance;
  co_await rondo::sleep(50ms);
  balance = before + amount;
}

rondo::task<> amain() {
  rondo::lock lock;
  co_await rondo::gather(deposit(lock, 10), deposit(lock, 20), deposit(lock, 30));
  std::printf("balance: %d\n", balance);
}

int main() { rondo::run(amain()); }
