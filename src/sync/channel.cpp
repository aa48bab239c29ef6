// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/channel.hpp>

#include <mutex>

#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

struct channel_core::state {
  std::mutex mutex;
};

channel_core::channel_core() : state_(new state) {}

channel_core::~channel_core() {
  if (const outside_waiter* w = senders.empty() ? receivers.front() : senders.front()) {
    const node& who = *w->waiting().waiter();
    // The names of another thread's tasks are not ours to read.
    std::string name = &who.sched() == this_thread_scheduler ? "task '" + who.name() + "'"
                                                             : "a task of another thread's loop";
    fatal("a channel was destroyed while " + name + " waited for it");
  }
  delete state_;
}

void channel_core::lock() const noexcept { state_->mutex.lock(); }
void channel_core::unlock() const noexcept { state_->mutex.unlock(); }

void channel_core::wake(outside_waiter* w) noexcept {
  if (w) w->arrive_or_fire();
}

void channel_core::enlist(waiters& in, outside_waiter& w, operation& op) noexcept {
  w.hold(op, outside::by::wish);
  in.push_back(w);
}

bool channel_core::forget(outside_waiter& w) noexcept {
  {
    channel_lock held(*this);
    if (closed || !w.listed()) return false;
    w.unlink();
  }
  w.withdraw();
  return true;
}

void channel_core::close() noexcept {
  waiters all;  // ours alone: who is cancelled now finds the channel closed and waits for us
  {
    channel_lock held(*this);
    closed = true;
    all.append(senders);
    all.append(receivers);
  }
  while (outside_waiter* w = all.pop_front()) wake(w);
}

}}}  // namespace rondo::v0::detail
