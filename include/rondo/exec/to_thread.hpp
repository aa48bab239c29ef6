// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/exec/detail/to_thread.hpp>

namespace rondo { inline namespace v0 {

/// Chooses the form of to_thread that does not wait for its thread.
struct abandon_on_cancel_t {
  explicit abandon_on_cancel_t() = default;
};
inline constexpr abandon_on_cancel_t abandon_on_cancel{};

/// Runs `f(args…)` on a thread of its own pool and gives its value or exception:
/// `asyncio.to_thread`, for what blocks or computes long. f and args are copied
/// or moved in.
///
/// Cancelling it drops a call that no thread has begun. One that runs is waited
/// for, so that what f refers to stays valid: completion wins, its value is
/// delivered and the task stops at its next suspension. An f that takes a
/// std::stop_token first is told through it, and its value then dropped.
///
/// With g++ 12 a lambda that owns something is passed by its name, and one that
/// can only be moved as `std::ref(name)`: see docs/compilers.md.
template <class F, class... Args>
  requires(!std::is_same_v<std::remove_cvref_t<F>, abandon_on_cancel_t>)
awaitable<detail::thread_result<F, Args...>> auto to_thread(F&& f, Args&&... args) {
  RONDO_CHECK_CLOSURE(F);
  return detail::thread_operation<std::decay_t<F>, std::decay_t<Args>...>(
      detail::worker_threads::shared(), std::forward<F>(f), std::forward<Args>(args)...);
}

/// to_thread for what cannot be told to stop, or not soon: cancelling it unwinds
/// the task at once, and leaves a call that a thread has begun to that thread,
/// which drops its value or exception. Completion wins: what had ended before is
/// delivered. The call occupies its thread until it ends; the loop does not wait
/// for it, but the process does at its exit.
///
/// So f and its arguments must own what they use. Pointers, string_view, span and
/// std::ref are refused at compile time; what a lambda captures cannot be seen:
/// capture nothing by reference. An f that takes a std::stop_token first is told.
template <class F, class... Args>
awaitable<detail::thread_result<F, Args...>> auto to_thread(abandon_on_cancel_t, F&& f,
                                                            Args&&... args) {
  RONDO_CHECK_CLOSURE(F);
  static_assert(!(detail::borrows<std::decay_t<F>> || ... || detail::borrows<std::decay_t<Args>>),
                "rondo: a call that may be abandoned outlives its task: pass arguments that own "
                "their data (std::string, std::vector, std::shared_ptr), not a pointer, "
                "std::string_view, std::span or std::ref");
  return detail::abandoning_operation<std::decay_t<F>, std::decay_t<Args>...>(
      std::forward<F>(f), std::forward<Args>(args)...);
}

}}  // namespace rondo::v0
