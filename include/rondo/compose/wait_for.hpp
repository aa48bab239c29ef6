// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/compose/detail/wait_for.hpp>
#include <rondo/compose/move_on_after.hpp>  // programs have had it from here
#include <rondo/coro/awaitable.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// Waits for something, but not longer than `limit`: then it is cancelled, waited
/// for, and timeout_error is thrown. If it completed all the same, its value or
/// exception wins. Cancelling wait_for cancels what it waits for. A limit of more
/// than 292 years is none.
template <class A>
  requires detail::awaitable<A>
awaitable<awaited_t<A>> auto wait_for(A&& what, delay limit) {
  return detail::deadline_operation<detail::body_type<A>, true>(
      detail::make_body(std::forward<A>(what)), limit.count(), false);
}

template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable wait_for(A&&, delay) {
  detail::require_awaitable<A>();
  return {};
}

/// wait_for with a point in time on the loop's clock. Throws timeout_error, and what it
/// waits for throws. Cancelling it cancels that.
template <class A>
  requires detail::awaitable<A>
awaitable<awaited_t<A>> auto timeout_at(A&& what, time_point deadline) {
  return detail::deadline_operation<detail::body_type<A>, true>(
      detail::make_body(std::forward<A>(what)), deadline.time_since_epoch().count(), true);
}

template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable timeout_at(A&&, time_point) {
  detail::require_awaitable<A>();
  return {};
}

}}  // namespace rondo::v0
