// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A condition tells when what its lock protects has changed.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

int items = 0;

rondo::task<> consumer(rondo::condition& condition) {
  auto guard = co_await condition.acquire();
  co_await condition.wait(guard, [] { return items == 3; });
  std::printf("%d items, at last\n", items);
}

rondo::task<> producer(rondo::condition& condition) {
  for (int n = 0; n < 3; ++n) {
    co_await rondo::sleep(50ms);
    auto guard = co_await condition.acquire();
    ++items;
    std::puts("one more item");
    condition.notify();
  }
}

rondo::task<> amain() {
  rondo::condition condition;
  co_await rondo::gather(consumer(condition), producer(condition));
}

int main() { rondo::run(amain()); }
