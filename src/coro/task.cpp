// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/task.hpp>

#include <exception>

#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void check_awaited(const promise_base& p) noexcept {
  scheduler* s = this_thread_scheduler;
  if (std::uncaught_exceptions() > 0) return;
  if (s && s->current && s->current->unwinding()) return;
  report_made([&] {
    return diagnostic{problem::never_awaited,
                      "task '" + coroutine_name(p.created().function_name()) +
                          "' was never awaited (" + place_word(p.created_kind()) + " at " +
                          short_location(p.created()) + ")"};
  });
}

void empty_task_awaited(const promise_base& caller) noexcept {
  fatal("task '" + caller.running_on().name() +
        "' awaits an empty task (moved from, or awaited before) at " +
        short_location(caller.awaiting()));
}

void empty_task() noexcept { fatal("an empty task is started (moved from, or awaited before)"); }

}}}  // namespace rondo::v0::detail
