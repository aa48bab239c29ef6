// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/operation.hpp>

#include <rondo/coro/detail/foreign.hpp>
#include <rondo/coro/detail/outside.hpp>
#include <rondo/coro/detail/promise.hpp>
#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void operation::complete_stopped() noexcept {
  stopped_ = true;
  complete();
}

void operation::complete_or_stop(bool cut_short) noexcept {
  if (cut_short && node_->cancel_requested()) {
    complete_stopped();
  } else {
    complete();
  }
}

void operation::begin_again_next_turn() noexcept {
  state_ = state::deferred;
  fire = &deferred;
  node_->sched().post(*this);
}

void operation::fired(entry& e) noexcept {
  auto& op = static_cast<operation&>(e);
  node& n = *op.node_;
  op.state_ = state::done;
  n.waiting_on_ = nullptr;
  if (op.stopped_) [[unlikely]] {
    n.unwind();
  } else if (op.awaiter_) {
    n.sched().resume(n, op.awaiter_->handle());
  } else {
    n.settle(false);
  }
}

void operation::deferred(entry& e) noexcept {
  auto& op = static_cast<operation&>(e);
  node& n = *op.node_;
  op.fire = &fired;
  if (n.cancel_requested()) {
    op.state_ = state::done;
    n.waiting_on_ = nullptr;
    n.unwind();
    return;
  }
  op.state_ = state::waiting;
  if (op.begin()) {
    op.state_ = state::done;
    n.waiting_on_ = nullptr;
    if (op.awaiter_) {
      n.sched().resume(n, op.awaiter_->handle());
    } else {
      n.settle(false);
    }
  }
}

void operation::begin_hosted(node& host) noexcept {
  node_ = &host;
  host.waiting_on_ = this;
  state_ = state::waiting;
  if (begin()) {
    state_ = state::done;
    host.waiting_on_ = nullptr;
    host.settle(false);
  }
}

const promise_base* operation::awaited_in() const noexcept {
  if (awaiter_ || !node_) return awaiter_;
  for (const node* n = node_->parent(); n; n = n->parent())
    if (n->leaf()) return n->leaf();
  return nullptr;
}

void operation::awaited_again(const node* by, const promise_base* awaiter) const noexcept {
  std::string who = by ? by->name() : "?";
  std::string where = awaiter ? " at " + short_location(awaiter->awaiting()) : "";
  std::string other = in_flight() ? ", while task '" + node_->name() + "' waits for it" : "";
  fatal(std::string("operation '") + describe() + "' is awaited a second time, by task '" + who +
        "'" + where + other + "; make a new one for each co_await");
}

void operation::moved_after_begin() const noexcept {
  if (in_flight()) destroyed_in_flight(describe());
  awaited_again(this_thread_scheduler ? this_thread_scheduler->current : nullptr, nullptr);
}

void operation::destroyed_in_flight(const char* name) const noexcept {
  std::string task = node_ ? node_->name() : "?";
  fatal(std::string("operation '") + name + "' of task '" + task +
        "' was destroyed while in flight; only the loop may destroy a coroutine that waits");
}

void outside::fired(entry& e) noexcept {
  auto& self = static_cast<outside&>(e);
  if (self.works_) --self.op_->waiter()->sched().threads_at_work;
  self.link_ = nullptr;
  self.arrived_(*self.op_);
}

foreign_proxy foreign_proxy::make() { co_return; }

}}}  // namespace rondo::v0::detail
