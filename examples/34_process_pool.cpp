// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What computes long runs in other processes, on all cores.
#include <cstdio>
#include <rondo/process/process_pool.hpp>
#include <rondo/rondo.hpp>
#include <vector>

int count_primes(int limit) {
  int count = 0;
  for (int n = 2; n < limit; ++n) {
    int d = 2;
    while (d * d <= n && n % d != 0) ++d;
    count += d * d > n;
  }
  return count;
}

rondo::task<> amain() {
  rondo::process_pool pool({.workers = 2});
  int n = co_await pool.call<&count_primes>(1000);
  std::printf("%d primes below 1000\n", n);
  std::vector<int> limits{10, 100, 10000};
  std::vector<int> counts = co_await pool.map<&count_primes>(limits);
  for (std::size_t i = 0; i < limits.size(); ++i)
    std::printf("%d below %d\n", counts[i], limits[i]);
}

int main() { rondo::run(amain()); }
