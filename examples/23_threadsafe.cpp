// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Another thread gives the loop a coroutine to run, and waits for its result.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<int> answer() {
  co_await rondo::sleep(100ms);
  co_return 42;
}

void other_thread(rondo::loop_ref loop) {
  auto future = rondo::run_coroutine_threadsafe(answer, loop);
  std::printf("the other thread got %d\n", future.get());
}

rondo::task<> amain() {
  auto loop = rondo::loop::current().ref();
  co_await rondo::to_thread(other_thread, loop);
}

int main() { rondo::run(amain()); }
