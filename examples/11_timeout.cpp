// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// wait_for cancels what takes too long.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> eternity() {
  co_await rondo::sleep(1h);
  std::puts("yay!");
}

rondo::task<> amain() {
  try {
    co_await rondo::wait_for(eternity(), 100ms);
  } catch (rondo::timeout_error&) {
    std::puts("timeout!");
  }
}

int main() { rondo::run(amain()); }
