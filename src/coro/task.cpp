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
                          "' was never awaited (defined at " + short_location(p.created()) + ")"};
  });
}

void empty_task() noexcept {
  std::fputs("rondo: fatal: co_await of an empty task (moved from, or awaited before)\n", stderr);
  std::abort();
}

}  // namespace rondo::inline v0::detail
