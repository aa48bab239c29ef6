// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

class promise_base;

/// An exception leaves a coroutine: the first time, its backtrace is kept. Debug
/// mode only.
void remember_departure(const promise_base& leaves, const std::exception_ptr& error) noexcept;

/// A new loop begins: the backtraces of the one before are dropped.
void forget_departures() noexcept;

/// async_backtrace, where it says more than the name of one coroutine.
std::string longer_backtrace(const std::exception_ptr& error);

}}}  // namespace rondo::v0::detail
