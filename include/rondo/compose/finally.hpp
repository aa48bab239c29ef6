// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/compose/detail/finally.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/detail/body.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// Runs `body`, then in any case `cleanup`, a task, an operation or a function that
/// makes one: also when the body failed or the task is being cancelled.
/// `try`/`finally` with an await in the finally block. (Destructors are the finally
/// that needs no await.)
///
///     co_await rondo::finally(transfer(), connection.rollback());
///
/// A function is called when its time has come, so it sees what the body has done.
/// The cleanup is shielded; with `limit`, it is cancelled after that time, which
/// is reported to the loop's exception handler (problem::cleanup_cut_off). Begun
/// by a cancelled task, neither runs. An exception of the cleanup is thrown in
/// place of the body's.
template <class A, class F>
  requires(detail::awaitable<A> && detail::awaitable<std::invoke_result_t<F&>>)
awaitable<awaited_t<A>> auto finally(A&& body, F&& cleanup,
                                     std::optional<delay> limit = std::nullopt) {
  if constexpr (!detail::is_given_cleanup<F>) RONDO_CHECK_CLOSURE(F);
  using C = detail::body_type<std::invoke_result_t<F&>>;
  return detail::finally_operation<detail::body_type<A>, F, C>(
      detail::make_body(std::forward<A>(body)), std::forward<F>(cleanup),
      limit && !limit->endless() ? limit->count() : detail::timer_queue::never);
}

template <class A, class C>
  requires(detail::awaitable<A> && detail::awaitable<C>)
awaitable<awaited_t<A>> auto finally(A&& body, C&& cleanup,
                                     std::optional<delay> limit = std::nullopt) {
  using given = detail::given_cleanup<detail::body_type<C>>;
  return finally(std::forward<A>(body), given(detail::make_body(std::forward<C>(cleanup))), limit);
}

}}  // namespace rondo::v0
