// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/compose/detail/wait.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// When `wait` returns.
enum class return_when : unsigned char { all_completed, first_completed, first_exception };

/// What `wait` gives: the same handles, sorted by whether their task has ended.
template <class T>
struct wait_result {
  wait_result() {}
  std::vector<task_handle<T>> done;
  std::vector<task_handle<T>> pending;
};

/// Waits for tasks that go on whatever happens here: `asyncio.wait`. It neither
/// throws their exceptions nor cancels them, not even when it is cancelled
/// itself or its time limit passes. Throws usage_error for a handle that refers
/// to no task, or to one of another thread's loop that has not ended.
template <class T>
awaitable<wait_result<T>> auto wait(std::vector<task_handle<T>> handles,
                                    return_when when = return_when::all_completed,
                                    std::optional<delay> limit = std::nullopt) {
  return detail::wait_operation<T>(std::move(handles), when, limit);
}

/// The same for a few handles: `co_await rondo::wait(a, b)`.
template <class First, class... More>
  requires(std::is_same_v<detail::plain_handle<First>, detail::plain_handle<More>> && ...)
awaitable<wait_result<awaited_t<First>>> auto wait(First&& first, More&&... more) {
  static_assert(!(detail::closure_temporary<First> || ... || detail::closure_temporary<More>),
                RONDO_OWNING_CLOSURE);
  std::vector<detail::plain_handle<First>> handles;
  handles.reserve(1 + sizeof...(More));
  handles.push_back(std::forward<First>(first));
  (handles.push_back(std::forward<More>(more)), ...);
  return wait(std::move(handles));
}

/// Gives tasks in the order in which they end: `asyncio.as_completed`.
///
///     rondo::as_completed order(handles);
///     while (auto h = co_await order.next()) use(co_await *h);
///
/// One consumer at a time: another one's next() throws usage_error meanwhile.
/// Throws usage_error for a handle that refers to no task, or to one of another
/// thread's loop that has not ended. Belongs to the loop's
/// thread. Cancelling next() loses no task.
template <class T>
class as_completed {
 public:
  explicit as_completed(std::vector<task_handle<T>> handles) : handles_(std::move(handles)) {
    std::vector<detail::spawned_base*> tasks;
    for (auto& h : handles_) tasks.push_back(&h.required());
    order_.watch(std::move(tasks));
  }

  /// The next task that has ended, or empty when all have been given. Cancelling it
  /// takes effect at once; a task that it would have given is given by the next call.
  task<std::optional<task_handle<T>>> next() {
    std::size_t i = co_await detail::completion_order::next_operation(order_);
    if (i == detail::completion_order::none_left) co_return std::nullopt;
    co_return handles_[i];
  }

 private:
  std::vector<task_handle<T>> handles_;
  detail::completion_order order_;
};

}}  // namespace rondo::v0
