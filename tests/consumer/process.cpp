// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <rondo/loop/run.hpp>
#include <rondo/process/process_pool.hpp>

int square(int x) { return x * x; }

rondo::task<> amain() {
  rondo::process_pool pool({.workers = 1});
  int nine = co_await pool.call<&square>(3);
  std::printf("%d\n", nine);
}

int main() { rondo::run(amain()); }
