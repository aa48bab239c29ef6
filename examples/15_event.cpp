// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An event is a flag that tasks can wait for.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> waiter(rondo::event& event) {
  std::puts("waiting for it ...");
  co_await event.wait();
  std::puts("... got it!");
}

rondo::task<> amain() {
  rondo::event event;
  auto waiter_task = rondo::create_task(waiter(event));
  co_await rondo::sleep(100ms);
  event.set();
  co_await waiter_task;
}

int main() { rondo::run(amain()); }
