// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// shield protects what must be finished from the cancellation of its caller.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> save() {
  std::puts("saving");
  co_await rondo::sleep(200ms);
  std::puts("saved");
}

rondo::task<> request() {
  co_await rondo::shield(save());
  co_await rondo::sleep(1h);
  std::puts("never printed");
}

rondo::task<> amain() {
  auto task = rondo::create_task(request());
  co_await rondo::sleep(100ms);
  task.cancel();
  co_await rondo::sleep(200ms);
  if (task.cancelled()) std::puts("the request was cancelled");
}

int main() { rondo::run(amain()); }
