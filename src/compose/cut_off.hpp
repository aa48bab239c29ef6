// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What is told of a task that a time limit cuts off.
#pragma once

#include <string>

#include <rondo/coro/detail/cancel_reason.hpp>
#include <rondo/coro/detail/operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// "read 127.0.0.1:80"
std::string name_of(const operation& op);

/// ", waiting for read 127.0.0.1:80 in fetch at client.cpp:12": the innermost operation
/// that the task waits for, if it is one. Empty too for an operation that was given in
/// place of a coroutine: its name says it.
std::string place_of_waiting(const node& task);

/// The text that make() gives, or none when there is no memory for it.
template <class F>
cancel_reason reason_made(F make) noexcept {
  try {
    return cancel_reason(make());
  } catch (...) {
    return {};
  }
}

}}}  // namespace rondo::v0::detail
