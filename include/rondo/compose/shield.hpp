// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/compose/detail/shield.hpp>
#include <rondo/coro/awaitable.hpp>

namespace rondo { inline namespace v0 {

/// Runs something that cancellation does not reach. A cancelled task waits for
/// it, gets its value, and is unwound at its next suspension. (Unlike asyncio's,
/// which goes on without it.) Begun by a cancelled task, it does not run at all. Throws what
/// it throws.
template <class A>
  requires detail::awaitable<A>
awaitable<awaited_t<A>> auto shield(A&& what) {
  return detail::shield_operation<detail::body_type<A>>(detail::make_body(std::forward<A>(what)));
}

template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable shield(A&&) {
  detail::require_awaitable<A>();
  return {};
}

}}  // namespace rondo::v0
