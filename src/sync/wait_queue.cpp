// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/detail/wait_queue.hpp>

#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

std::size_t wait_queue::size() const noexcept {
  std::size_t n = 0;
  for ([[maybe_unused]] const queued_operation& op : waiters_) ++n;
  return n;
}

void wait_queue::destroyed_with_waiters(const queued_operation& who) const noexcept {
  fatal(std::string(owner_) + " was destroyed while task '" + who.waiter()->name() +
        "' waited for it");
}

void wait_queue::wrong_thread() const noexcept {
  std::string who =
      empty() ? "" : " (task '" + waiters_.front()->waiter()->name() + "' waits for it)";
  fatal(std::string(owner_) + " was used on a thread that is not its loop's" + who +
        "; use loop_ref::call_soon_threadsafe");
}

}}}  // namespace rondo::v0::detail
