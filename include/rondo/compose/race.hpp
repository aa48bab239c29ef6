// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/compose/detail/race.hpp>
#include <rondo/coro/awaitable.hpp>

namespace rondo { inline namespace v0 {

/// Runs all arguments at once until one completes, cancels the others and waits
/// for them. Gives a tuple of optionals: the first's value, and those of all
/// that completed in spite of the cancellation; `none` for void.
///
/// A failure ends the race too, and is thrown unless another completed all the
/// same: then it goes to the loop's exception handler. Cancelling the race cancels all.
template <class... A>
  requires(sizeof...(A) > 0 && (detail::awaitable<A> && ...))
awaitable<std::tuple<std::optional<detail::element_t<awaited_t<A>>>...>> auto race(A&&... what) {
  return detail::race_operation<detail::body_type<A>...>(
      detail::make_body(std::forward<A>(what))...);
}

template <class... A>
  requires(!(detail::awaitable<A> && ...))
detail::not_awaitable race(A&&...) {
  (detail::require_awaitable<A>(), ...);
  return {};
}

}}  // namespace rondo::v0
