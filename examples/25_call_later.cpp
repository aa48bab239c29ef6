// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The loop calls plain functions: soon, later, at a point in time.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

void tick(int n, rondo::event& done) {
  std::printf("tick %d\n", n);
  if (n < 3)
    rondo::call_later(100ms, [n, &done] { tick(n + 1, done); });
  else
    done.set();
}

rondo::task<> amain() {
  auto& loop = rondo::loop::current();
  rondo::event done;
  loop.call_soon([&] { tick(1, done); });
  loop.call_at(loop.time() + 150ms, [] { std::puts("between two ticks"); });
  auto timer = loop.call_later(50ms, [] { std::puts("never printed"); });
  timer.cancel();
  co_await done.wait();
}

int main() { rondo::run(amain()); }
