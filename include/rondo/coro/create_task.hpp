// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/owned_call.hpp>
#include <rondo/coro/task_handle.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

/// The scheduler of this thread; throws usage_error when no loop runs here.
scheduler& running_scheduler(const char* caller);

/// Starts a body below the top of the tree.
template <class B>
task_handle<typename body<B>::value_type> spawn(B&& b, std::string name,
                                                std::source_location where) {
  scheduler& s = running_scheduler("create_task");
  auto* task = new spawned<B>(std::forward<B>(b));
  task_handle<typename body<B>::value_type> handle(task);
  task->created_at(where);
  if (!name.empty()) task->set_name(std::move(name));
  task->launch(*s.top, nullptr);
  return handle;
}

}  // namespace detail

/// Starts a task that the loop owns: it runs beside its creator from the next
/// turn on, is never lost when the handle is dropped, and is cancelled and
/// waited for at the end of `run`. It inherits the context variables of its
/// creator, not its cancellation.
///
/// What the coroutine refers to must outlive it; pass a function and its
/// arguments instead to have them copied.
///
/// Throws usage_error when no loop runs on this thread, std::bad_alloc.
template <class T>
task_handle<T> create_task(task<T> what RONDO_CAPTURED_BY(global) RONDO_LIFETIMEBOUND,
                           std::string name = {},
                           std::source_location where = std::source_location::current()) {
  return detail::spawn(std::move(what), std::move(name), where);
}

/// The same for an operation, which is moved into the task.
template <class A>
  requires(detail::awaitable<A> && !detail::task_type<A>)
auto create_task(A&& what, std::string name = {},
                 std::source_location where = std::source_location::current()) {
  return detail::spawn(detail::make_body(std::forward<A>(what)), std::move(name), where);
}

/// Starts `f(args…)` with copies of f and of its arguments that live as long as
/// the coroutine does, as std::thread does. f is called at once and what it throws is
/// thrown here; its coroutine begins in the next turn.
template <class F, class... Args>
  requires(!detail::awaitable<F> && std::is_invocable_v<std::decay_t<F>&, std::decay_t<Args>...> &&
           detail::task_type<std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>...>>)
auto create_task(F&& f, Args&&... args) {
  auto owned = detail::own_call(std::forward<F>(f), std::forward<Args>(args)...);
  using handle = detail::handle_for_closure<F, typename decltype(owned)::value_type>;
  return handle(detail::spawn(std::move(owned), {}, {}));
}

}}  // namespace rondo::v0
