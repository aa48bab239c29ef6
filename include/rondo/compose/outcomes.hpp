// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <rondo/compose/detail/outcomes.hpp>
#include <rondo/coro/awaitable.hpp>

namespace rondo { inline namespace v0 {

/// gather that lets every argument end by itself and gives the outcomes: a value,
/// an exception, or cancelled. `asyncio.gather(…, return_exceptions=True)`.
/// Cancelling it cancels the children and waits for them.
template <class... A>
  requires(detail::awaitable<A> && ...)
awaitable<std::tuple<outcome<awaited_t<A>>...>> auto gather_outcomes(A&&... what) {
  return detail::gather_outcomes_operation<detail::body_type<A>...>(
      detail::make_body(std::forward<A>(what))...);
}

template <class Range>
  requires(!detail::awaitable<Range> && detail::awaitable_range<Range>)
awaitable<std::vector<outcome<awaited_t<detail::element_argument<Range>>>>> auto gather_outcomes(
    Range&& range, std::size_t limit = detail::no_limit) {
  RONDO_CHECK_VIEW(Range);
  return detail::gather_outcomes_range_operation<Range>(
      std::forward<Range>(range), detail::checked_limit(limit, "gather_outcomes"));
}

/// Awaits one thing and gives its outcome instead of throwing: what `try` around
/// an `await` gives in Python, for all three endings. When the awaiting task is
/// itself cancelled, it is unwound like from any operation.
template <class A>
  requires detail::awaitable<A>
awaitable<outcome<awaited_t<A>>> auto outcome_of(A&& what) {
  return detail::outcome_operation<detail::body_type<A>>(detail::make_body(std::forward<A>(what)));
}

template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable outcome_of(A&&) {
  detail::require_awaitable<A>();
  return {};
}

}}  // namespace rondo::v0
