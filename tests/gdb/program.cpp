// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What the debugger is tested with: tasks that wait for all kinds of things, and a place
// to stop at. It prints its own tree first, which gdb must draw too.
#include <cstdio>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

namespace app {

rondo::task<> fetch(rondo::event& go) { co_await go.wait(); }
rondo::task<int> load(rondo::event& go) {
  co_await fetch(go);
  co_return 1;
}

}  // namespace app

// Not inlined, so that a breakpoint finds it.
[[gnu::noinline]] void stop_here(rondo::queue<int>& queue, rondo::task<int>& lazy,
                                 rondo::task_handle<int>& handle, rondo::outcome<int>& ended) {
  asm volatile("" : : "g"(&queue), "g"(&lazy), "g"(&handle), "g"(&ended) : "memory");
}

rondo::task<> consume(rondo::queue<int>& empty) { co_await empty.get(); }

rondo::task<> amain() {
  rondo::event go;
  rondo::lock lock;
  rondo::queue<int> queue(5), empty;
  co_await queue.put(7);
  co_await queue.put(8);
  auto held = co_await lock.acquire();
  auto sleeper = rondo::create_task(rondo::sleep(1h), "the one that sleeps long");
  auto handle = rondo::create_task(app::load(go));
  auto getter = rondo::create_task(consume(empty));
  auto locker = rondo::create_task([&]() -> rondo::task<> { auto held = co_await lock.acquire(); });
  auto waits = rondo::create_task([&]() -> rondo::task<> { co_await handle; });
  auto both = rondo::create_task([&]() -> rondo::task<> {
    co_await rondo::gather(app::load(go), rondo::wait_for(app::load(go), 2h), rondo::sleep(3h));
  });
  auto group = rondo::create_task([&]() -> rondo::task<> {
    co_await rondo::with_task_group([&](rondo::task_group& tg) -> rondo::task<> {
      tg.create_task(app::fetch(go));
      co_await rondo::shield(rondo::sleep(4h));
    });
  });
  auto raced = rondo::create_task([&]() -> rondo::task<> {
    co_await rondo::race(rondo::sleep(5h), rondo::move_on_after(go.wait(), 6h));
  });
  for (int i = 0; i < 5; ++i) co_await rondo::sleep(0s);
  rondo::task<int> lazy = app::load(go);
  rondo::outcome<int> ended;
  ended.set_value(42);
  std::printf("%s---\n", rondo::format_task_tree().c_str());
  std::fflush(stdout);
  stop_here(queue, lazy, handle, ended);
  go.set();
  co_await std::move(lazy);
  sleeper.cancel();
  std::_Exit(0);
}

int main() { rondo::run(amain(), {.backend = rondo::backend_kind::sim}); }
