// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang
// EXPECT: will be destroyed at the end of the full-expression
#include <string>

#include <rondo/rondo.hpp>

rondo::task<> fetch(const std::string& url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}
rondo::task<> fetch_copy(std::string url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}

rondo::task<> body() {
#ifdef BAD
  auto h = rondo::create_task(fetch("http://example.org"));
#else
  auto h = rondo::create_task(fetch_copy("http://example.org"));
#endif
  co_await h;
}
