// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace rondo { inline namespace v0 {

/// The coroutines that an exception came through, innermost first, a line each:
/// those that called each other, then what had started them side by side.
///
///       thrown in parse after its co_await at feed.cpp:20
///       called from load at feed.cpp:25
///       under gather in amain at feed.cpp:30
///
/// Known in debug mode (run_options::debug, RONDO_DEBUG=1, debug builds) for the
/// last 64 exceptions that left a coroutine on this thread, also when its loop
/// has ended, until the next one begins; they are kept alive that long. Else, and
/// for other exceptions, an empty string. Thread safe; knows only the exceptions
/// of the calling thread's loop.
std::string async_backtrace(const std::exception_ptr& error);

}}  // namespace rondo::v0
