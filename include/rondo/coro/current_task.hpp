// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/coro/detail/node.hpp>

namespace rondo { inline namespace v0 {

/// A look at a running task. Valid until that task has ended; belongs to the
/// loop's thread.
class task_ref {
 public:
  task_ref() noexcept = default;
  explicit task_ref(detail::node* n) noexcept : node_(n) {}

  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(task_ref, task_ref) noexcept = default;

  // These throw usage_error when it refers to no task, and on another thread than
  // the task's.
  std::string name() const { return node().name(); }
  void set_name(std::string name) { node().set_name(std::move(name)); }
  /// Asks the task to stop, as task_handle::cancel does. A task that cancels
  /// itself goes on until its next suspension.
  void cancel(std::string_view message = {}) {
    node().request_cancel(detail::cancel_reason(message));
  }
  bool cancel_requested() const { return node().cancel_requested(); }

 private:
  detail::node& node() const;
  detail::node* node_ = nullptr;
};

/// The task whose code runs now; empty outside of tasks.
task_ref current_task() noexcept;

/// Every task of this thread's loop that has not ended, parents before children.
std::vector<task_ref> all_tasks();

/// True in destructors that run because their task was cancelled.
/// (std::uncaught_exceptions() is not changed by a cancellation.)
bool unwinding() noexcept;

/// The tree of this thread's tasks as text, one line a task: its name, its state,
/// what it waits for and where. From the 41st level on, lines begin with their level
/// and are indented no further.
std::string format_task_tree();

/// The same on standard error.
void print_task_tree();

}}  // namespace rondo::v0
