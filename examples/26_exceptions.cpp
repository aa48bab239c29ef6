// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Exceptions come out of co_await; gather_outcomes gives them as results instead.
#include <cstdio>
#include <rondo/rondo.hpp>
#include <stdexcept>
using namespace std::chrono_literals;

rondo::task<int> divide(int a, int b) {
  co_await rondo::sleep(50ms);
  if (b == 0) throw std::invalid_argument("division by zero");
  co_return a / b;
}

rondo::task<> amain() {
  try {
    co_await divide(1, 0);
  } catch (std::invalid_argument& error) {
    std::printf("caught: %s\n", error.what());
  }

  auto [good, bad] = co_await rondo::gather_outcomes(divide(6, 3), divide(1, 0));
  for (auto& result : {good, bad}) {
    if (result.has_error())
      std::puts("failed");
    else
      std::printf("result: %d\n", result.value());
  }
}

int main() { rondo::run(amain()); }
