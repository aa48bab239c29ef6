// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <rondo/compose/detail/gather.hpp>
#include <rondo/coro/awaitable.hpp>

namespace rondo { inline namespace v0 {

/// Runs all arguments at once and waits for all of them: `asyncio.gather`.
///
/// Gives a tuple of the results in order, `none` for a void one; nothing when
/// all are void. The first failure cancels the others; when all have ended it is
/// thrown, with its own type, and further failures go to the loop's exception
/// handler. A child that cancelled itself makes it throw cancelled_error.
///
/// Cancelling it cancels the children and waits for them.
template <class... A>
  requires(detail::awaitable<A> && ...)
awaitable<detail::gathered<A...>> auto gather(A&&... what) {
  return detail::gather_operation<detail::body_type<A>...>(
      detail::make_body(std::forward<A>(what))...);
}

/// The same for every element of a range, which gives a vector in order (of
/// std::reference_wrapper for tasks that return references). With a
/// limit, at most that many run at once, and an element of the range is fetched
/// only when its turn comes; a limit of 0 is a usage_error. An lvalue range must outlive the call;
/// tasks in it are moved out.
template <class Range>
  requires(!detail::awaitable<Range> && detail::awaitable_range<Range>)
awaitable<detail::gathered_range<Range>> auto gather(Range&& range,
                                                     std::size_t limit = detail::no_limit) {
  RONDO_CHECK_VIEW(Range);
  return detail::gather_range_operation<Range>(std::forward<Range>(range),
                                               detail::checked_limit(limit, "gather"));
}

template <class First, class... A>
  requires(!(detail::awaitable<First> && ... && detail::awaitable<A>) &&
           !detail::awaitable_range<First>)
detail::not_awaitable gather(First&&, A&&...) {
  detail::require_awaitable<First>();
  (detail::require_awaitable<A>(), ...);
  return {};
}

}}  // namespace rondo::v0
