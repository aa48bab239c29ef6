// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// as_completed gives tasks in the order in which they end.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<const char*> fetch(const char* name, rondo::delay time) {
  co_await rondo::sleep(time);
  co_return name;
}

rondo::task<> amain() {
  std::vector tasks = {
      rondo::create_task(fetch("slow", 300ms)),
      rondo::create_task(fetch("quick", 100ms)),
      rondo::create_task(fetch("middling", 200ms)),
  };
  rondo::as_completed completed(tasks);
  while (auto task = co_await completed.next()) std::puts(co_await *task);
}

int main() { rondo::run(amain()); }
