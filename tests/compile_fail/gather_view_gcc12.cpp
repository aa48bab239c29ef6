// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// EXPECT: name the view first
#include <memory>
#include <ranges>
#include <vector>

#include <rondo/rondo.hpp>

rondo::task<int> number(int n) { co_return n; }

rondo::task<> body() {
  auto p = std::make_shared<int>(1);
  std::vector<int> numbers{1, 2};
#ifdef BAD
  co_await rondo::gather(numbers | std::views::transform([p](int n) { return number(n + *p); }));
#else
  auto tasks = numbers | std::views::transform([p](int n) { return number(n + *p); });
  co_await rondo::gather(tasks);
  co_await rondo::gather(numbers | std::views::transform([&](int n) { return number(n + *p); }));
#endif
}
