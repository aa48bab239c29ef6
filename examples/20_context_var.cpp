// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A context variable has a value of its own in each task.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::context_var<const char*> user("user", "nobody");

rondo::task<> greet() {
  co_await rondo::sleep(50ms);
  std::printf("Hello, %s\n", user.get());
}

rondo::task<> handle(const char* name) {
  user.set(name);
  co_await greet();
}

rondo::task<> amain() {
  co_await rondo::gather(handle("Ada"), handle("Grace"));
  co_await greet();
}

int main() { rondo::run(amain()); }
