// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/node.hpp>

#include <atomic>
#include <new>

#include <rondo/coro/context_var.hpp>
#include <rondo/coro/detail/context.hpp>
#include <rondo/coro/detail/operation.hpp>
#include <rondo/coro/detail/promise.hpp>
#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

struct node::details {
  std::string name;  // given by the user
  cancel_reason why_cancelled;
  std::uint64_t identity = 0;
};

node::~node() {
  if (first_child_) fatal("a task was destroyed before its children");
  leave_tree();
  release(ctx);
  delete details_;
}

void node::link(node& parent) noexcept {
  parent_ = &parent;
  sched_ = parent.sched_;
  if (node* first = parent.first_child_) {
    node* last = first->previous_sibling_;
    last->next_sibling_ = this;
    previous_sibling_ = last;
    first->previous_sibling_ = this;
  } else {
    parent.first_child_ = this;
    previous_sibling_ = this;
  }
  if (parent.cancel_requested_ && !shielded_) {
    if (parent.details_) share_reason_of(parent);
    cancel_requested_ = true;
  }
}

void node::leave_tree() noexcept {
  done_ = true;
  if (!parent_) return;
  node* first = parent_->first_child_;
  if (first == this) {
    parent_->first_child_ = next_sibling_;
  } else {
    previous_sibling_->next_sibling_ = next_sibling_;
  }
  if (next_sibling_) {
    next_sibling_->previous_sibling_ = previous_sibling_;
  } else if (first != this) {
    first->previous_sibling_ = previous_sibling_;
  }
  parent_ = nullptr;
  next_sibling_ = previous_sibling_ = nullptr;
}

void node::start_below(node& parent) noexcept {
  link(parent);
  if (node* creator = sched_->current) {
    ctx = retain(creator->ctx);
  } else {  // made by a callback or before run, or by a composite between two turns
    ctx = retain(&parent == sched_->top ? current_context() : parent.ctx);
  }
  fire = &start;
  sched_->post(*this);
}

void node::start(entry& e) noexcept {
  auto& n = static_cast<node&>(e);
  n.started_ = true;
  if (n.cancel_requested_) {
    n.leaf_ = n.root_;
    n.unwind();
  } else if (n.root_) {
    n.root_->attach_root(n);
    n.sched_->resume(n, n.root_->handle());
  } else {
    n.waiting_on_->begin_hosted(n);
  }
}

void node::cancel_self() noexcept {
  cancel_requested_ = true;
  if (operation* op = waiting_on_; op && op->waiting() && op->cancel()) op->complete_stopped();
}

void node::set_reason(const cancel_reason& why) noexcept {
  if (cancel_requested_ || done_ || !why) return;
  if (!details_) details_ = new (std::nothrow) details;
  if (details_) details_->why_cancelled = why;
}

void node::share_reason_of(const node& other) noexcept {
  set_reason(other.details_->why_cancelled);
}

cancel_reason node::reason_in_details() const noexcept { return details_->why_cancelled; }

void node::request_cancel() noexcept {
  if (cancel_requested_ || done_) return;
  cancel_self();
  cancel_children();
}

void node::cancel_children() noexcept { cancel_below(false); }
void node::cancel_children_through_shields() noexcept { cancel_below(true); }

void node::cancel_below(bool through_shields) noexcept {
  // Preorder without recursion: the tree can be 10,000 deep.
  node* n = first_child_;
  while (n) {
    bool skip = !through_shields && (n->shielded_ || n->cancel_requested_);
    if (!skip) {
      if (n->parent_->details_) [[unlikely]]
        n->share_reason_of(*n->parent_);
      n->cancel_self();
      if (n->first_child_) {
        n = n->first_child_;
        continue;
      }
    }
    while (!n->next_sibling_) {
      n = n->parent_;
      if (n == this) return;
    }
    n = n->next_sibling_;
  }
}

void node::unwind() noexcept {
  unwinding_ = true;
  node* outer = std::exchange(sched_->current, this);
  if (sched_->step) [[unlikely]]
    sched_->step->unwinds(*this);
  promise_base* p = std::exchange(leaf_, nullptr);
  while (p) {
    promise_base* caller = p->caller();
    std::coroutine_handle<> h = p->handle();
    const void* frame = h.address();
    p->begin_destruction();
    h.destroy();
    // From here on, until its caller is gone too, the caller's awaiter or
    // generator must know that this frame needs no second destruction.
    unwound_ = frame;
    p = caller;
  }
  root_ = nullptr;
  waiting_on_ = nullptr;
  sched_->current = outer;
  settle(true);
}

void node::destroy_root() noexcept {
  node* outer = std::exchange(sched_->current, this);
  std::exchange(root_, nullptr)->handle().destroy();
  sched_->current = outer;
}

std::string node::name() const {
  if (details_ && !details_->name.empty()) return details_->name;
  if (root_) return coroutine_name(root_->created().function_name());
  if (waiting_on_) return waiting_on_->describe();
  return "task";
}

std::string_view node::given_name() const noexcept {
  return details_ ? std::string_view(details_->name) : std::string_view();
}

void node::set_name(std::string name) {
  if (!details_) details_ = new details;
  details_->name = std::move(name);
}

std::uint64_t node::identity() {
  static constinit std::atomic<std::uint64_t> last{0};
  if (!details_) details_ = new details;
  if (details_->identity == 0)
    details_->identity = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return details_->identity;
}

std::uint64_t node::known_identity() const noexcept { return details_ ? details_->identity : 0; }

void coroutine_lost(const node& n) noexcept {
  fatal("task '" + n.name() +
        "' was resumed and neither waits nor has ended. g++ 12 loses the body of a coroutine that "
        "has a co_await in the condition of an if, while or switch and declares no variable in its "
        "outermost block: write `bool ok = co_await f(); if (ok)` (docs/compilers.md)");
}

}}}  // namespace rondo::v0::detail
