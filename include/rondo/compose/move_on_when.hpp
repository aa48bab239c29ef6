// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Not part of <rondo/rondo.hpp>: <stop_token> alone takes a third of a second to
// compile.
#pragma once

#include <stop_token>
#include <utility>

#include <rondo/compose/detail/move_on_when.hpp>
#include <rondo/coro/awaitable.hpp>

namespace rondo { inline namespace v0 {

/// Waits for something until a stop is requested, on any thread: then it is
/// cancelled and waited for. Gives an optional, empty if it was cancelled, `none`
/// in it for void; what completed all the same wins, and its exception is thrown.
/// With a stop already requested it does not begin.
///
///     std::optional<std::string> line = co_await rondo::move_on_when(in.read_line(), token);
///
/// The stop takes effect in the loop's next turn, and `request_stop` does not
/// wait for it. Cancelling it cancels what it waits for. Awaited on the loop's
/// thread; while a stop can be requested, the loop does not take itself for
/// deadlocked.
template <class A>
  requires detail::awaitable<A>
awaitable<std::optional<detail::element_t<awaited_t<A>>>> auto move_on_when(A&& what,
                                                                            std::stop_token token) {
  return detail::stoppable_operation<detail::body_type<A>>(detail::make_body(std::forward<A>(what)),
                                                           std::move(token));
}

/// The same in the other order, as move_on_after has it.
template <class A>
  requires detail::awaitable<A>
awaitable<std::optional<detail::element_t<awaited_t<A>>>> auto move_on_when(std::stop_token token,
                                                                            A&& what) {
  return move_on_when(std::forward<A>(what), std::move(token));
}

}}  // namespace rondo::v0
