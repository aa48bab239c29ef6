// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// create_task starts a coroutine beside its creator: two seconds, not three.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> say_after(rondo::delay delay, const char* what) {
  co_await rondo::sleep(delay);
  std::puts(what);
}

rondo::task<> amain() {
  auto start = rondo::now();
  auto task1 = rondo::create_task(say_after(1s, "hello"));
  auto task2 = rondo::create_task(say_after(2s, "world"));
  co_await task1;
  co_await task2;
  double took = (rondo::now() - start) / 1.0s;
  std::printf("took %.0f seconds\n", took);
}

int main() { rondo::run(amain()); }
