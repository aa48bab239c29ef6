// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A pool of its own for heavy work: two images at a time, whatever else runs.
#include <cstdio>
#include <rondo/rondo.hpp>
#include <string>
#include <thread>
using namespace std::chrono_literals;

std::string resize(const char* image) {
  std::this_thread::sleep_for(200ms);
  return std::string("small ") + image;
}

rondo::task<> tick() {
  for (int i = 0; i < 3; ++i) {
    co_await rondo::sleep(80ms);
    std::puts("the loop runs meanwhile");
  }
}

rondo::task<> amain() {
  rondo::thread_pool pool({.threads = 2, .name = "resize"});
  auto begin = rondo::now();
  auto [a, b, c, d, _] =
      co_await rondo::gather(pool.run(resize, "a.png"), pool.run(resize, "b.png"),
                             pool.run(resize, "c.png"), pool.run(resize, "d.png"), tick());
  std::printf("%s, %s, %s, %s\n", a.c_str(), b.c_str(), c.c_str(), d.c_str());
  std::chrono::duration<double> took = rondo::now() - begin;
  std::printf("took %.1f s\n", took.count());
}

int main() { rondo::run(amain()); }
