// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/channel.hpp>

#include <mutex>

#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void channel_waiters::push(channel_waiter& w) noexcept {
  w.listed = true;
  w.next_waiter = nullptr;
  w.previous_waiter = last;
  (last ? last->next_waiter : first) = &w;
  last = &w;
}

void channel_waiters::remove(channel_waiter& w) noexcept {
  w.listed = false;
  (w.previous_waiter ? w.previous_waiter->next_waiter : first) = w.next_waiter;
  (w.next_waiter ? w.next_waiter->previous_waiter : last) = w.previous_waiter;
}

channel_waiter* channel_waiters::pop() noexcept {
  channel_waiter* w = first;
  if (w) remove(*w);
  return w;
}

struct channel_core::state {
  std::mutex mutex;
};

channel_core::channel_core() : state_(new state) {}

channel_core::~channel_core() {
  if (const channel_waiter* w = senders.first ? senders.first : receivers.first) {
    const node& who = *w->op->waiter();
    // The names of another thread's tasks are not ours to read.
    std::string name = &who.sched() == this_thread_scheduler ? "task '" + who.name() + "'"
                                                             : "a task of another thread's loop";
    fatal("a channel was destroyed while " + name + " waited for it");
  }
  delete state_;
}

void channel_core::lock() const noexcept { state_->mutex.lock(); }
void channel_core::unlock() const noexcept { state_->mutex.unlock(); }

void channel_core::wake(channel_waiter* w) noexcept {
  if (!w) return;
  outside_link* link = w->link;
  if (&w->op->waiter()->sched() == this_thread_scheduler) {
    w->fire(*w);
    link->release();
  } else {
    link->post_and_release(*w);
  }
}

void channel_core::enlist(channel_waiters& in, channel_waiter& w, operation& op) noexcept {
  w.op = &op;
  w.link = op.waiter()->sched().outside;
  w.link->hold();
  in.push(w);
}

bool channel_core::forget(channel_waiters& in, channel_waiter& w) noexcept {
  {
    channel_lock held(*this);
    if (!w.listed) return false;
    in.remove(w);
  }
  w.link->release();
  return true;
}

void channel_core::close() noexcept {
  channel_waiter* all[2];
  {
    channel_lock held(*this);
    closed = true;
    all[0] = std::exchange(senders, {}).first;
    all[1] = std::exchange(receivers, {}).first;
    for (channel_waiter* w : all)
      for (; w; w = w->next_waiter) w->listed = false;
  }
  for (channel_waiter* w : all)
    while (w) {
      channel_waiter* rest = w->next_waiter;  // once woken, w may be gone
      wake(w);
      w = rest;
    }
}

}}}  // namespace rondo::v0::detail
