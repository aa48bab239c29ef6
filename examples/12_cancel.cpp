// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A cancelled task goes no further, but cleans up: in its destructors.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

struct cleanup {
  ~cleanup() { std::puts("cancel_me(): cleaning up"); }
};

rondo::task<> cancel_me() {
  std::puts("cancel_me(): before sleep");
  cleanup at_the_end;
  co_await rondo::sleep(1h);
  std::puts("cancel_me(): never printed");
}

rondo::task<> amain() {
  auto task = rondo::create_task(cancel_me());
  co_await rondo::sleep(100ms);
  task.cancel();
  try {
    co_await task;
  } catch (rondo::cancelled_error&) {
    std::puts("main(): cancel_me is cancelled now");
  }
}

int main() { rondo::run(amain()); }
