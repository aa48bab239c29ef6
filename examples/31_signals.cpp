// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Signals reach the event loop: one reloads, one ends the program.
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> amain() {
  rondo::event stop;

  auto reload = [] { std::puts("SIGUSR1: reloading"); };

  auto terminate = [&] {
    std::puts("SIGTERM: stopping");
    stop.set();
  };

  rondo::add_signal_handler(SIGUSR1, reload);
  rondo::add_signal_handler(SIGTERM, terminate);
  for (int number : {SIGUSR1, SIGUSR1, SIGTERM}) {
    co_await rondo::sleep(100ms);
    kill(getpid(), number);
  }
  co_await stop.wait();
  std::puts("cleaning up");
}

int main() { rondo::run(amain()); }
