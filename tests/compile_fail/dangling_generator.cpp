// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang
// EXPECT: will be destroyed at the end of the full-expression
#include <string>

#include <rondo/rondo.hpp>

std::string make() { return "a string that is too long for a small one"; }
rondo::async_generator<char> letters(const std::string& text) {
  for (char c : text) co_yield c;
}

rondo::task<> body() {
#ifdef BAD
  auto each = letters(make());
#else
  std::string text = make();
  auto each = letters(text);
#endif
  while (auto c = co_await each.next()) static_cast<void>(c);
}
