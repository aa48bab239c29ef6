// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/loop/run.hpp>
#include <rondo/tls.hpp>

rondo::task<> not_tls(rondo::stream s) { co_await s.write("this is no TLS\n"); }

rondo::task<> amain() {
  auto server = co_await rondo::start_server(not_tls, "127.0.0.1", 0);
  try {
    auto s = co_await rondo::open_tls_connection("127.0.0.1", server.port());
  } catch (const rondo::tls_error& e) {
    std::puts(e.code() == rondo::tls_errc::protocol ? "no TLS" : e.what());
  }
}

int main() { rondo::run(amain()); }
