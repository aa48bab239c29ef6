// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/run.hpp>

#include "loop/backend.hpp"
#include "loop/before_run.hpp"
#include "loop/interrupt.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {
loop_options options_of_loop(const run_options& options) {
  if (before_run) before_run();
  return {.backend = options.backend, .debug = options.debug};
}
}  // namespace

constinit run_hook before_run = nullptr;

runner::runner(const run_options& options) : loop_(options_of_loop(options)), options_(options) {}

runner::~runner() = default;

void runner::run(spawned_base& main) {
  if (options_.interrupt == on_interrupt::leave_alone) {
    loop_.run_until([&] { return main.done(); });
    loop_.cancel_all_and_wait();
    return;
  }
  interrupt_guard guard(main, loop_.kernel(), options_.terminate);
  loop_.run_until([&] { return main.done(); });
  loop_.cancel_all_and_wait();
  if (guard.signal() != 0 && main.was_cancelled()) {
    if (options_.interrupt == on_interrupt::raise) throw keyboard_interrupt();
    guard.die();
  }
}

}}}  // namespace rondo::v0::detail
