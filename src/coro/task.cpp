// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/task.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace rondo::inline v0::detail {

void check_awaited(const promise_base& p) noexcept {
  scheduler* s = this_thread_scheduler;
  if (std::uncaught_exceptions() > 0) return;
  if (s && s->current && s->current->unwinding()) return;
  report_made([&] {
    return diagnostic{problem::never_awaited,
                      "task '" + coroutine_name(p.created().function_name()) +
                          "' was never awaited (" + defined_word + " at " +
                          short_location(p.created()) + ")"};
  });
}

void empty_task_awaited(const promise_base& caller) noexcept {
  std::fprintf(stderr,
               "rondo: fatal: task '%s' awaits an empty task (moved from, or awaited before) at %s\n",
               caller.running_on().name().c_str(), short_location(caller.awaiting()).c_str());
  std::abort();
}

void empty_task() noexcept {
  std::fputs("rondo: fatal: an empty task is started (moved from, or awaited before)\n", stderr);
  std::abort();
}

}  // namespace rondo::inline v0::detail
