// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <rondo/coro/detail/body.hpp>

namespace rondo { inline namespace v0 {

/// What `co_await` of an A gives inside of a task, as `decltype` would say it:
/// `awaited_t<rondo::task<int>>` is int.
template <class A>
using awaited_t = detail::awaited_t<A>;

/// What gives a T when it is awaited: Python's `Awaitable[T]`. It stands in the
/// signature of every function that returns an operation, whose type has no name
/// for users, and the compiler checks it there:
///
///     awaitable<std::string> auto read(std::size_t max);   // std::string s = co_await read(9);
///
/// T is exactly what `co_await` gives: void, a value, or a reference. Write functions
/// of your own that pass an operation on in the same way.
template <class A, class T>
concept awaitable = std::is_same_v<awaited_t<A>, T>;

}}  // namespace rondo::v0
