// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang-22
// EXPECT: object whose reference is captured will be destroyed at the end of the full-expression
#include <string>

#include <rondo/rondo.hpp>

std::string make() { return "a string that is too long for a small one"; }
rondo::task<> fetch(const std::string& url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}
rondo::task<> fetch_copy(std::string url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}

rondo::task<> body() {
#ifdef BAD
  rondo::create_task(fetch(make()));
#else
  std::string url = make();
  rondo::create_task(fetch(url));
  rondo::create_task(fetch_copy(make()));
  rondo::create_task(fetch, make());
#endif
  co_return;
}
