// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/compose/detail/task_group.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/create_task.hpp>

namespace rondo { inline namespace v0 {

/// The group that with_task_group hands to its body. Tasks that it creates end
/// before with_task_group does, so they may use whatever was declared *outside*
/// of the group's lambda; what the lambda itself declares may be gone before
/// them. In debug mode a task that refers to such a thing when it is created, and is
/// there when the lambda has ended, is reported (problem::dangling_reference).
///
/// Belongs to the loop's thread: elsewhere all of it throws usage_error.
class task_group {
 public:
  explicit task_group(detail::group_core& core) noexcept : core_(core) {}
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts a task in the group. Its failure cancels the group; await the handle
  /// for its result, or drop it. Throws usage_error once the group has ended.
  template <class T>
  task_handle<T> create_task(task<T> what RONDO_CAPTURED_BY(this) RONDO_LIFETIMEBOUND,
                             std::string name = {},
                             std::source_location where = std::source_location::current()) {
    return core_.add(std::move(what), std::move(name), where);
  }
  template <class A>
    requires(detail::awaitable<A> && !detail::task_type<A>)
  auto create_task(A&& what, std::string name = {},
                   std::source_location where = std::source_location::current()) {
    return core_.add(detail::make_body(std::forward<A>(what)), std::move(name), where);
  }
  /// Starts `f(args…)` with copies of f and args that live as long as it does. f is
  /// called at once, and what it throws is thrown here.
  template <class F, class... Args>
    requires(!detail::awaitable<F> && std::is_invocable_v<std::decay_t<F>&, std::decay_t<Args>...>)
  auto create_task(F&& f, Args&&... args) {
    auto owned = detail::own_call(std::forward<F>(f), std::forward<Args>(args)...);
    using handle = detail::handle_for_closure<F, typename decltype(owned)::value_type>;
    return handle(core_.add(std::move(owned), {}, {}));
  }

  /// Cancels the body and all tasks of the group; with_task_group then returns
  /// as if they had ended by themselves.
  void cancel() { core_.cancel_group(); }

 private:
  detail::group_core& core_;
};

/// Runs `f(group)`, then waits until every task that was created in the group
/// has ended: `async with asyncio.TaskGroup() as tg:`. f is plain or a coroutine
/// lambda; its value is the result. What the tasks use is declared outside of f.
///
///     co_await rondo::with_task_group([&](rondo::task_group& tg) {
///       tg.create_task(fetch(a));
///       tg.create_task(fetch(b));
///     });
///
/// The first failure, of f or of a task, cancels the rest; when all have ended it
/// is thrown with its own type, and further ones go to the loop's exception
/// handler. A task that cancelled itself is ignored. Cancelling the awaiting task
/// cancels all and waits for them. The lambda lives until the group has ended.
template <class F>
  requires std::is_invocable_v<std::remove_reference_t<F>&, task_group&>
awaitable<detail::group_result<std::remove_reference_t<F>>> auto with_task_group(F&& f) {
  RONDO_CHECK_CLOSURE(F);
  return detail::group_operation<F, task_group>(std::forward<F>(f));
}

}}  // namespace rondo::v0
