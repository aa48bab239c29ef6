// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/task_group.hpp>

#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void group_core::require_own_thread(const char* caller) const {
  if (waiter() && &waiter()->sched() != this_thread_scheduler) [[unlikely]]
    throw usage_error(std::string("task_group::") + caller +
                      ": the group belongs to another thread's loop; use "
                      "loop_ref::call_soon_threadsafe");
}

void group_core::check_open() const {
  require_own_thread("create_task");
  if (!waiting()) throw usage_error("task_group::create_task: the group has ended");
}

void group_core::launch(spawned_base& task) noexcept {
  ++running_;
  task.launch(*waiter(), this);
  if (cancelled_itself_ || error_) task.request_cancel();
}

namespace {

/// Whether the block of memory at `block` holds a pointer for which refers is true.
template <class Refers>
bool holds(const void* block, Refers refers) noexcept {
  auto* words = static_cast<void* const*>(block);
  for (std::size_t n = watched_size(block) / sizeof(void*); n > 0; --n, ++words)
    if (refers(*words)) return true;
  return false;
}

}  // namespace

// Right after it was made, all that a frame refers to is what its arguments refer to.
// A pointer into the body's frame is to a local of the body, or a temporary.
void group_core::note_borrowing(spawned_base& task) noexcept {
  const node* body = body_node();
  const promise_base* p = body ? body->root() : nullptr;
  auto* begin = p ? static_cast<const char*>(p->handle().address()) : nullptr;
  const char* end = p ? begin + watched_size(begin) : nullptr;
  auto of_body = [&](const void* q) {
    return (q >= begin && q < end) || waiter()->sched().on_stack_of_step(q);
  };
  const promise_base* root = task.root();
  if (holds(&task, of_body) || holds(task.kept_frame(), of_body) ||
      holds(root ? root->handle().address() : nullptr, of_body))
    task.set_borrows();
}

void group_core::report_borrowing() noexcept {
  for (node* n = waiter()->first_child(); n; n = n->next_sibling()) {
    auto& task = static_cast<spawned_base&>(*n);
    if (!task.borrows()) continue;
    report_made([&] {
      return diagnostic{problem::dangling_reference,
                        "task '" + task.display_name() +
                            "' refers to a local of the body of its task group, and the body has "
                            "ended before it; declare outside of the group what its tasks use"};
    });
  }
}

void group_core::fail(std::exception_ptr error) noexcept {
  if (error_) {
    report_lost(error, "a further task of a task group failed after the first");
    return;
  }
  error_ = std::move(error);
  waiter()->cancel_children();
}

void group_core::cancel_group() {
  require_own_thread("cancel");
  if (cancelled_itself_ || !waiting()) return;
  cancelled_itself_ = true;
  waiter()->cancel_children();
}

void group_core::spawned_done(spawned_base& task) noexcept {
  if (task.failed()) {
    task.mark_retrieved();
    fail(task.error());
  }
  if (task.was_cancelled()) child_cancelled_ = true;
  one_less();
}

void group_core::body_done(bool cancelled, std::exception_ptr error) noexcept {
  if (cancelled) child_cancelled_ = true;
  if (waiter()->sched().debug) [[unlikely]]
    report_borrowing();
  if (error) fail(std::move(error));
  one_less();
}

void group_core::one_less() noexcept {
  if (--running_ > 0) return;
  complete_or_stop(!error_ && child_cancelled_);
}

void group_core::check() const {
  if (error_) std::rethrow_exception(error_);
}

}}}  // namespace rondo::v0::detail
