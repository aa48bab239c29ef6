// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <rondo/http/websocket/connect.hpp>
#include <rondo/loop/run.hpp>

rondo::task<> amain() {
  try {
    auto ws = co_await rondo::http::connect_websocket("ws://127.0.0.1:1/");
    co_await ws.send("hello");
  } catch (const rondo::http::websocket_error& e) {
    std::puts(e.what());
  }
}

int main() { rondo::run(amain()); }
