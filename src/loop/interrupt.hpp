// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/node.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class backend;

/// Ctrl-C while `run` runs on the main thread: cancels main's node instead of
/// killing the process, when SIGINT (and SIGTERM, if wanted) was at its default.
/// A second signal kills at once.
class interrupt_guard {
 public:
  interrupt_guard(node& main, backend& kernel, bool also_terminate);
  ~interrupt_guard();
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;

  /// The signal that came, or 0.
  int signal() const noexcept;
  /// Dies of it, as a program without a handler would: flushes stdio, restores
  /// the default and raises.
  [[noreturn]] void die() noexcept;

  /// In a child of fork: no run of its own is interrupted. Async-signal-safe.
  static void leave_signals_to_default() noexcept;
};

/// Before a second signal ends the process, it kills these process groups, which
/// nobody else would end then; as many as there is room for, 256. Thread safe.
void kill_at_second_interrupt(int group) noexcept;
void forget_group(int group) noexcept;

/// On the loop's thread, once a turn: cancels main if a signal came.
void deliver_interrupt() noexcept;

}}}  // namespace rondo::v0::detail
