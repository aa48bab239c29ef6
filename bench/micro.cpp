// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Single costs, with Google Benchmark; allocations counted past the frame pool.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include <rondo/rondo.hpp>

#include "allocations.hpp"

using namespace std::chrono_literals;

namespace {

/// Runs a benchmark's loop inside of a coroutine.
template <class Body>
void measure(benchmark::State& state, Body body) {
  auto main = [&]() -> rondo::task<> {
    std::uint64_t before = allocations();
    co_await body(state);
    state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                       benchmark::Counter::kAvgIterations);
  };
  rondo::run(main);
}

void yield(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    for (auto _ : s) co_await rondo::sleep(0s);
  };
  measure(state, body);
}
BENCHMARK(yield);

__attribute__((noinline)) rondo::task<int> child(int x) { co_return x; }

void await_child(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    int sum = 0;
    for (auto _ : s) sum += co_await child(1);
    benchmark::DoNotOptimize(sum);
  };
  measure(state, body);
}
BENCHMARK(await_child);

rondo::task<> nothing() { co_return; }

void spawn_and_join(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    for (auto _ : s) co_await rondo::create_task(nothing());
  };
  measure(state, body);
}
BENCHMARK(spawn_and_join);

void gather_two(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    for (auto _ : s) co_await rondo::gather(nothing(), nothing());
  };
  measure(state, body);
}
BENCHMARK(gather_two);

void wait_for_ready(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    rondo::event set;
    set.set();
    for (auto _ : s) co_await rondo::wait_for(set.wait(), 10s);
  };
  measure(state, body);
}
BENCHMARK(wait_for_ready);

rondo::task<> sleeper() { co_await rondo::sleep(100s); }
rondo::task<> two_deep() { co_await sleeper(); }

void cancel_two_deep(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    constexpr int batch = 1000;
    std::vector<rondo::task_handle<>> tasks(batch);
    for (auto _ : s) {
      s.PauseTiming();
      for (auto& t : tasks) t = rondo::create_task(two_deep());
      co_await rondo::sleep(0s);
      s.ResumeTiming();
      for (auto& t : tasks) t.cancel();
      co_await rondo::sleep(0s);
    }
    s.SetItemsProcessed(static_cast<std::int64_t>(s.iterations()) * batch);
  };
  measure(state, body);
}
BENCHMARK(cancel_two_deep);

void queue_item(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    rondo::queue<int> q(128);
    bool more = true;
    auto produce = [&]() -> rondo::task<> {
      while (more) co_await q.put(1);
    };
    auto producer = rondo::create_task(produce());
    int sum = 0;
    for (auto _ : s) sum += co_await q.get();
    benchmark::DoNotOptimize(sum);
    producer.cancel();
  };
  measure(state, body);
}
BENCHMARK(queue_item);

void timer_arm_and_cancel_among_a_million(benchmark::State& state) {
  rondo::detail::timer_queue timers;
  std::vector<rondo::detail::timer> others(1'000'000);
  std::uint64_t random = 42;
  auto next = [&] {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::int64_t>(random >> 30);  // up to 17 s
  };
  for (auto& t : others) timers.arm(t, next());
  rondo::detail::timer t;
  for (auto _ : state) {
    timers.arm(t, next());
    timers.disarm(t);
  }
}
BENCHMARK(timer_arm_and_cancel_among_a_million);

void lock_uncontended(benchmark::State& state) {
  auto body = [](benchmark::State& s) -> rondo::task<> {
    rondo::lock l;
    for (auto _ : s) auto guard = co_await l.acquire();
  };
  measure(state, body);
}
BENCHMARK(lock_uncontended);

}  // namespace

BENCHMARK_MAIN();
