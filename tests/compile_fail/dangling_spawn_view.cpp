// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang-22
// EXPECT: will be destroyed at the end of the full-expression
#include <string>
#include <string_view>

#include <rondo/rondo.hpp>

std::string make() { return "a string that is too long for a small one"; }
rondo::task<> fetch(std::string_view url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}

rondo::task<> body() {
#ifdef BAD
  auto h = rondo::create_task(fetch(make()));
#else
  std::string url = make();
  auto h = rondo::create_task(fetch(url));
#endif
  co_await h;
}
