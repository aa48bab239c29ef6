// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// At a barrier tasks wait until all have come.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> runner(const char* name, rondo::delay time, rondo::barrier& barrier) {
  co_await rondo::sleep(time);
  std::printf("%s is at the start\n", name);
  co_await barrier.wait();
  std::printf("%s runs\n", name);
}

rondo::task<> amain() {
  rondo::barrier barrier(3);
  co_await rondo::gather(runner("Ada", 100ms, barrier), runner("Grace", 200ms, barrier),
                         runner("Alan", 300ms, barrier));
}

int main() { rondo::run(amain()); }
