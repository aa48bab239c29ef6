// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include <rondo/detail/unique_function.hpp>

namespace rondo { inline namespace v0 {

/// What kind of mistake a diagnostic is about.
enum class problem : unsigned char {
  never_awaited,            ///< a task was destroyed without having been awaited
  exception_not_retrieved,  ///< a task failed and nobody asked for its result
  blocked_loop,             ///< a step of a task or a callback held the loop too long
  deadlock,                 ///< nothing can ever go on
  cleanup_cut_off,          ///< a cleanup of `finally` did not end within its limit
  destroyed_in_use,         ///< an object was destroyed while tasks that it serves still run
  shortage,                 ///< something waits for what the system has no more of, such as fds
  dangling_reference,       ///< a task refers to what is gone before it
};

/// A problem that no caller can be told about by an exception.
struct diagnostic {
  problem kind;
  /// Says what happened, in which coroutine, at which file and line.
  std::string message;
  /// The exception, where the problem is one.
  std::exception_ptr error{};
};

/// Receives the diagnostics of a loop, on the loop's thread. Must not throw.
/// An empty handler means: one paragraph on standard error.
using diagnostic_handler = detail::unique_function<void(const diagnostic&)>;

/// One line for an exception, `std::runtime_error: boom`. Thread safe.
std::string describe(const std::exception_ptr& error);

namespace detail {
/// The report of a problem where no loop may be running.
void report(const diagnostic& d) noexcept;
/// The same for a problem that make() describes, which may run out of memory.
void report_out_of_memory() noexcept;
template <class Make>
void report_made(Make make) noexcept {
  try {
    report(make());
  } catch (...) {
    report_out_of_memory();
  }
}
}  // namespace detail

}}  // namespace rondo::v0
