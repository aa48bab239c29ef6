// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang-22
// EXPECT: object whose reference is captured will be destroyed
#include <string>

#include <rondo/rondo.hpp>

std::string make() { return "a string that is too long for a small one"; }
rondo::task<> fetch(const std::string& url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}

void start(const rondo::loop_ref& loop) {
#ifdef BAD
  static_cast<void>(rondo::run_coroutine_threadsafe(fetch(make()), loop));
#else
  static_cast<void>(
      rondo::run_coroutine_threadsafe([]() -> rondo::task<> { co_await fetch(make()); }, loop));
#endif
}
