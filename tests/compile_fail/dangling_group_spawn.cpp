// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang-22
// EXPECT: object whose reference is captured by 'group' will be destroyed
#include <string>

#include <rondo/rondo.hpp>

std::string make() { return "a string that is too long for a small one"; }
rondo::task<> fetch(const std::string& url) {
  co_await rondo::sleep(std::chrono::seconds(url.size()));
}

rondo::task<> body() {
  std::string url = make();
  co_await rondo::with_task_group([&](rondo::task_group& group) {
#ifdef BAD
    group.create_task(fetch(make()));
#else
    group.create_task(fetch(url));
    group.create_task(fetch, make());
#endif
  });
}
