// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A semaphore lets at most two in at the same time.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> fetch(const char* name, rondo::delay time, rondo::semaphore& semaphore) {
  auto permit = co_await semaphore.acquire();
  std::printf("%s begins\n", name);
  co_await rondo::sleep(time);
  std::printf("%s ends\n", name);
}

rondo::task<> amain() {
  rondo::semaphore semaphore(2);
  co_await rondo::gather(fetch("page1", 100ms, semaphore), fetch("page2", 200ms, semaphore),
                         fetch("page3", 200ms, semaphore));
}

int main() { rondo::run(amain()); }
