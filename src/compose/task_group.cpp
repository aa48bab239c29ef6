// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/task_group.hpp>

namespace rondo::inline v0::detail {

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

void group_core::fail(std::exception_ptr error) noexcept {
  if (error_) {
    report_made([&] {
      return diagnostic{problem::exception_not_retrieved,
                        "a further task of a task group failed after the first: " +
                            rondo::describe(error),
                        error};
    });
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
  if (task.was_cancelled()) task_cancelled_ = true;
  one_less();
}

void group_core::body_done(bool cancelled, std::exception_ptr error) noexcept {
  body_cancelled_ = cancelled;
  if (error) fail(std::move(error));
  one_less();
}

void group_core::one_less() noexcept {
  if (--running_ > 0) return;
  if (!error_ && (body_cancelled_ || task_cancelled_) && waiter()->cancel_requested()) {
    complete_stopped();
    return;
  }
  complete();
}

void group_core::check() const {
  if (error_) std::rethrow_exception(error_);
  if (body_cancelled_ && !cancelled_itself_) throw cancelled_error();
}

}  // namespace rondo::inline v0::detail
