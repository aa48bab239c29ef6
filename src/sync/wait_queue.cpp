// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/detail/wait_queue.hpp>

#include <cstdio>
#include <cstdlib>

namespace rondo::inline v0::detail {

std::size_t wait_queue::size() const noexcept {
  std::size_t n = 0;
  for (queued_operation* op = first_; op; op = op->next_waiter_) ++n;
  return n;
}

void wait_queue::destroyed_with_waiters(const queued_operation& who) const noexcept {
  std::fprintf(stderr, "rondo: fatal: %s was destroyed while task '%s' waited for it\n", owner_,
               who.waiter()->name().c_str());
  std::abort();
}

void wait_queue::wrong_thread() const noexcept {
  std::string who = first_ ? " (task '" + first_->waiter()->name() + "' waits for it)" : "";
  std::fprintf(stderr,
               "rondo: fatal: %s was used on a thread that is not its loop's%s; use "
               "loop_ref::call_soon_threadsafe\n",
               owner_, who.c_str());
  std::abort();
}

}  // namespace rondo::inline v0::detail
