// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A queue spreads work over three workers.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> worker(const char* name, rondo::queue<double>& queue) {
  while (true) {
    double seconds = co_await queue.get();
    co_await rondo::sleep(seconds * 1s);
    std::printf("%s has slept for %.1f seconds\n", name, seconds);
    queue.task_done();
  }
}

rondo::task<> amain() {
  rondo::queue<double> queue;
  for (double seconds : {0.1, 0.2, 0.3, 0.3, 0.3, 0.3}) queue.put_nowait(seconds);

  std::vector<rondo::task_handle<>> workers;
  for (const char* name : {"worker-0", "worker-1", "worker-2"})
    workers.push_back(rondo::create_task(worker(name, queue)));

  co_await queue.join();
  for (auto& task : workers) task.cancel();
  co_await rondo::gather_outcomes(workers);
  std::puts("all work is done");
}

int main() { rondo::run(amain()); }
