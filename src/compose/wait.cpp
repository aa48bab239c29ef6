// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/wait.hpp>

#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

bool wait_base::decides(const spawned_base& task) const noexcept {
  return when_ == return_when::first_completed ||
         (when_ == return_when::first_exception && task.failed());
}

void wait_base::disconnect() noexcept {
  for (slot& s : slots_)
    if (s.listed()) s.unlink();
  if (armed()) loop::of(*waiter()).timers().disarm(*this);
}

bool wait_base::begin() noexcept {
  running_ = 0;
  for (const slot& s : slots_) {
    if (!s.task->done()) {
      if (&s.task->sched() != &waiter()->sched()) {
        foreign_ = s.task;
        return true;
      }
      ++running_;
    } else if (decides(*s.task)) {
      return true;
    }
  }
  if (running_ == 0) return true;
  for (slot& s : slots_) {
    if (s.task->done()) continue;
    s.owner = this;
    s.notify = [](completion_waiter& w) noexcept {
      auto& ended = static_cast<slot&>(w);
      wait_base& op = *ended.owner;
      if (--op.running_ > 0 && !op.decides(*ended.task)) return;
      op.disconnect();
      op.complete();
    };
    s.task->add_waiter(s);
  }
  if (limit_ && !limit_->endless()) {
    loop& l = loop::of(*waiter());
    expire = [](timer& t) noexcept {
      auto& op = static_cast<wait_base&>(t);
      op.disconnect();
      op.complete();
    };
    l.timers().arm(*this, limit_->after(l.now_ns()));
  }
  return false;
}

void wait_base::check() const {
  if (foreign_) foreign_->throw_cannot_wait(waiter());
}

bool wait_base::cancel() noexcept {
  disconnect();
  return true;
}

completion_order::~completion_order() {
  if (consumer_ && consumer_->in_flight())
    fatal("an as_completed was destroyed while task '" + consumer_->waiter()->name() +
          "' waited for it");
  for (slot& s : slots_)
    if (s.listed()) s.unlink();
}

void completion_order::watch(std::vector<spawned_base*> tasks) {
  slots_.resize(tasks.size());
  ended_.reserve(tasks.size());  // so that ended() never allocates
  for (const spawned_base* t : tasks) t->require_own_thread("as_completed");
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i]->done()) {
      ended_.push_back(i);
      continue;
    }
    slot& s = slots_[i];
    s.owner = this;
    s.task = tasks[i];
    s.notify = &ended;
    s.task->add_waiter(s);
  }
}

void completion_order::ended(completion_waiter& w) noexcept {
  auto& s = static_cast<slot&>(w);
  completion_order& order = *s.owner;
  order.ended_.push_back(static_cast<std::size_t>(&s - order.slots_.data()));
  if (next_operation* op = order.consumer_; op && op->waiting()) op->complete();
}

std::size_t completion_order::take() noexcept {
  return taken_ < ended_.size() ? ended_[taken_++] : none_left;
}

bool completion_order::next_operation::begin() noexcept {
  if (order_.consumer_) {
    refused_ = true;
    return true;
  }
  if (order_.taken_ < order_.ended_.size() || order_.taken_ == order_.slots_.size()) return true;
  order_.consumer_ = this;
  return false;
}

bool completion_order::next_operation::cancel() noexcept {
  order_.consumer_ = nullptr;
  return true;
}

std::size_t completion_order::next_operation::result() {
  if (refused_)
    throw usage_error("as_completed::next: another task waits in it; one consumer at a time");
  order_.consumer_ = nullptr;
  return order_.take();
}

}}}  // namespace rondo::v0::detail
