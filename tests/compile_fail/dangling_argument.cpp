// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang
// EXPECT: will be destroyed at the end of the full-expression
#include <string>

#include <rondo/rondo.hpp>

rondo::task<> fetch(const std::string& url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}

rondo::task<> body() {
#ifdef BAD
  auto t = fetch("http://example.org");  // the string dies here
  co_await std::move(t);
#else
  co_await fetch("http://example.org");  // the string lives until it has ended
#endif
}
