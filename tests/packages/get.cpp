// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <rondo/http.hpp>
#include <rondo/loop/run.hpp>

rondo::task<> amain() {
  try {
    auto r = co_await rondo::http::get("http://127.0.0.1:1/");
    std::printf("%d\n", r.status);
  } catch (const rondo::http::http_error& e) {
    std::puts(e.what());
  }
}

int main() { rondo::run(amain()); }
