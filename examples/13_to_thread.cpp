// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// to_thread keeps what blocks away from the event loop.
#include <cstdio>
#include <rondo/rondo.hpp>
#include <thread>
using namespace std::chrono_literals;

void blocking_io() {
  std::puts("start blocking_io");
  std::this_thread::sleep_for(200ms);
  std::puts("blocking_io complete");
}

rondo::task<> not_blocked() {
  co_await rondo::sleep(100ms);
  std::puts("the loop runs meanwhile");
}

rondo::task<> amain() {
  co_await rondo::gather(rondo::to_thread(blocking_io), not_blocked());
  std::puts("finished main");
}

int main() { rondo::run(amain()); }
