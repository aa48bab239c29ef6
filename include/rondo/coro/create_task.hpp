// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondo/coro/task_handle.hpp>

namespace rondo::inline v0 {

namespace detail {

/// The scheduler of this thread; throws usage_error when no loop runs here.
scheduler& running_scheduler(const char* caller);

/// Starts a body below the top of the tree.
template <class B>
task_handle<typename body<B>::value_type> spawn(B&& b, std::string name) {
  scheduler& s = running_scheduler("create_task");
  auto* task = new spawned<B>(std::forward<B>(b));
  task_handle<typename body<B>::value_type> handle(task);
  if (!name.empty()) task->set_name(std::move(name));
  task->launch(*s.top, nullptr);
  return handle;
}

/// Keeps a function and its arguments alive as long as the coroutine it makes.
template <class F, class... Args>
auto call_owned(F f, Args... args) -> std::invoke_result_t<F&, Args...> {
  co_return co_await f(std::move(args)...);
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
                           std::string name = {}) {
  return detail::spawn(std::move(what), std::move(name));
}

/// The same for an operation, which is moved into the task.
template <class A>
  requires(detail::awaitable<A> && !detail::task_type<A>)
auto create_task(A&& what, std::string name = {}) {
  return detail::spawn(detail::make_body(std::forward<A>(what)), std::move(name));
}

/// Starts `f(args…)` with copies of f and of its arguments that live as long as
/// the coroutine does, as std::thread does.
template <class F, class... Args>
  requires(!detail::awaitable<F> && std::is_invocable_v<std::decay_t<F>&, std::decay_t<Args>...> &&
           detail::task_type<std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>...>>)
auto create_task(F&& f, Args&&... args) {
  auto owned = detail::call_owned<std::decay_t<F>, std::decay_t<Args>...>(
      std::forward<F>(f), std::forward<Args>(args)...);
  using handle = detail::handle_for_closure<F, typename decltype(owned)::value_type>;
  return handle(create_task(std::move(owned)));
}

}  // namespace rondo::inline v0
