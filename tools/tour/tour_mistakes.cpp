// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "tour/tour_mistakes.hpp"

#include <stdexcept>
#include <thread>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

namespace tool {

namespace {

rondo::task<> save() { co_await rondo::sleep(1ms); }

rondo::task<> never_awaits() {
  auto lost = save();
  co_return;
}

rondo::task<> blocks_the_loop() {
  std::this_thread::sleep_for(300ms);  // the mistake: nothing else runs meanwhile
  co_await rondo::sleep(1ms);
}

rondo::task<int> parse() {
  co_await rondo::sleep(1ms);
  throw std::runtime_error("not a number");
}

rondo::task<> loses_an_exception() {
  rondo::create_task(parse());
  co_await rondo::sleep(10ms);
}

rondo::task<> wait_for_each_other(rondo::lock& mine, rondo::lock& yours) {
  auto first = co_await mine.acquire();
  co_await rondo::sleep(1ms);
  auto second = co_await yours.acquire();
}

rondo::task<> deadlocks() {
  rondo::lock a, b;
  co_await rondo::gather(wait_for_each_other(a, b), wait_for_each_other(b, a));
}

// Runs a program with its diagnostics caught.
template <rondo::task<> (*Program)()>
std::string diagnose() {
  std::string said;
  auto main = [&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler(
        [&](const rondo::diagnostic& d) { said += d.message + "\n"; });
    co_await Program();
  };
  try {
    rondo::run(main, {.debug = true});
  } catch (const rondo::deadlock_error&) {
    said += "run threw rondo::deadlock_error\n";
  }
  return said;
}

}  // namespace

std::vector<mistake> all_mistakes() {
  std::string file = "tour_mistakes.cpp:";
  return {
      {"A coroutine that is never awaited:", diagnose<never_awaits>, {"save", file}},
      {"A step that blocks the loop:", diagnose<blocks_the_loop>, {"blocks_the_loop", file}},
      {"An exception that nobody asks for:",
       diagnose<loses_an_exception>,
       {"parse", "not a number", file}},
      {"Two tasks that wait for each other's lock:",
       diagnose<deadlocks>,
       {"deadlock", "wait_for_each_other", file}},
  };
}

}  // namespace tool
