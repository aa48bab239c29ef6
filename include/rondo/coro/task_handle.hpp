// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/detail/task_handle.hpp>

namespace rondo { inline namespace v0 {

/// What all handles share, whatever their tasks return. See task_handle.
class task_handle_base {
 public:
  task_handle_base() noexcept = default;

  /// False for a default-constructed handle, which refers to no task.
  explicit operator bool() const noexcept { return static_cast<bool>(task_); }
  friend bool operator==(const task_handle_base& a, const task_handle_base& b) noexcept {
    return a.internal() == b.internal();
  }

  // All of these throw usage_error when the handle refers to no task, and while the
  // task runs on another thread than this one.
  bool done() const {
    task().require_own_thread("task_handle::done");
    return task().done();
  }
  /// Whether it ended by being cancelled. False while it runs.
  bool cancelled() const {
    task().require_own_thread("task_handle::cancelled");
    return task().was_cancelled();
  }
  /// The exception that it ended with, or null; counts as retrieving it.
  std::exception_ptr exception() const {
    task().require_own_thread("task_handle::exception");
    task().mark_retrieved();
    return task().error();
  }

  /// Asks the task to stop: the operation that it waits for is cancelled and its
  /// frames are destroyed, leaf first; what completed before is delivered first.
  /// The message reaches whoever awaits the handle, in cancelled_error, and is that of
  /// all that is cancelled with the task; that of a second call is not heard.
  void cancel(std::string_view message = {}) {
    task().require_own_thread("task_handle::cancel");
    task().request_cancel(detail::cancel_reason(message));
  }

  std::string name() const {
    task().require_own_thread("task_handle::name");
    return task().display_name();
  }
  void set_name(std::string name) {
    task().require_own_thread("task_handle::set_name");
    task().set_name(std::move(name));
  }

  detail::spawned_base* internal() const noexcept { return task_.get(); }
  detail::spawned_base& required() const { return task(); }

 protected:
  explicit task_handle_base(detail::spawned_base* task) noexcept : task_(task) {}
  detail::spawned_base& task() const {
    if (!task_) [[unlikely]]
      detail::throw_empty_handle();
    return *task_;
  }
  detail::ref<detail::spawned_base> task_;
};

/// A running task: what `asyncio.create_task` returns.
///
/// `co_await handle` waits for its end and gives a copy of its result,
/// `co_await std::move(handle)` the result itself; both throw its exception, or
/// cancelled_error when it was cancelled. Cancelling the one who waits does not
/// cancel the task. Handles can be copied and dropped: the loop owns the task,
/// and reports an exception that nobody asked for.
///
/// Belongs to the loop's thread.
template <class T = void>
class task_handle : public task_handle_base {
 public:
  using value_type = T;

  task_handle() noexcept = default;
  explicit task_handle(detail::spawned_result<T>* task) noexcept : task_handle_base(task) {}

  /// The result of a task that is done; throws like co_await, and usage_error
  /// while it still runs.
  detail::non_void<T> result() const {
    spawned().require_done();
    spawned().mark_retrieved();
    return spawned().result.value();
  }

  /// The same, moved out of the task.
  detail::non_void<T> take_result() && {
    spawned().require_done();
    spawned().mark_retrieved();
    return std::move(spawned().result).value();
  }

  auto as_operation() const& { return detail::join_operation<T, false>(spawned()); }
  auto as_operation() && { return detail::join_operation<T, true>(spawned()); }

 private:
  detail::spawned_result<T>& spawned() const {
    return static_cast<detail::spawned_result<T>&>(task());
  }
};

}}  // namespace rondo::v0
