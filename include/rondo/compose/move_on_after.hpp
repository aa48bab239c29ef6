// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/compose/detail/wait_for.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// wait_for that gives an optional, empty when the time ran out, instead of
/// throwing; `none` in it for void, a std::reference_wrapper for a reference.
/// Cancelling it cancels what it waits for.
template <class A>
  requires detail::awaitable<A>
awaitable<std::optional<detail::element_t<awaited_t<A>>>> auto move_on_after(A&& what,
                                                                             delay limit) {
  return detail::deadline_operation<detail::body_type<A>, false>(
      detail::make_body(std::forward<A>(what)), limit.count(), false);
}

/// The same in the order of trio's: `move_on_after(1s, read())`.
template <class A>
  requires detail::awaitable<A>
awaitable<std::optional<detail::element_t<awaited_t<A>>>> auto move_on_after(delay limit,
                                                                             A&& what) {
  return move_on_after(std::forward<A>(what), limit);
}
template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable move_on_after(A&&, delay) {
  detail::require_awaitable<A>();
  return {};
}
template <class A>
  requires(!detail::awaitable<A> && !std::is_convertible_v<A, delay>)
detail::not_awaitable move_on_after(delay, A&&) {
  detail::require_awaitable<A>();
  return {};
}

}}  // namespace rondo::v0
