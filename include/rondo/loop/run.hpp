// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// Thrown by `run` for Ctrl-C when asked for by run_options.
class keyboard_interrupt {};

/// What Ctrl-C does to a `run` on the main thread. In every case main is
/// cancelled and unwound first, so destructors have run; only a second Ctrl-C
/// kills at once. A main that completes all the same wins.
enum class on_interrupt : unsigned char {
  die,          ///< then the process dies of the signal, as shells expect
  raise,        ///< then run throws keyboard_interrupt
  leave_alone,  ///< signals are not touched
};

struct run_options {
  backend_kind backend = backend_kind::automatic;
  /// Finds blocked loops and keeps async_backtraces; also on with RONDO_DEBUG=1 and in debug
  /// builds.
  bool debug = false;
  on_interrupt interrupt = on_interrupt::die;
  /// Treat SIGTERM like SIGINT.
  bool terminate = false;
};

namespace detail {

/// The parts of run that do not depend on the type of main.
class runner {
 public:
  explicit runner(const run_options& options);
  ~runner();
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  /// Runs until main is done, then cancels what is left and waits for it.
  void run(spawned_base& main);

 private:
  loop loop_;
  run_options options_;
};

}  // namespace detail

/// Runs a program: makes a loop, runs main on it to its end, cancels and waits
/// for the tasks that are left, and returns main's value or throws its
/// exception: `asyncio.run`.
///
/// Throws usage_error when a loop runs on this thread already,
/// cancelled_error when main was cancelled, deadlock_error when main can never
/// go on, std::system_error when the backend cannot be had.
template <class T>
T run(task<T> main RONDO_LIFETIMEBOUND, run_options options = {}) {
  detail::runner runner(options);
  task_handle<T> handle = detail::spawn(std::move(main), {}, {});
  runner.run(*handle.internal());
  if constexpr (std::is_void_v<T>) {
    static_cast<void>(handle.result());
  } else if constexpr (std::is_reference_v<T>) {
    return handle.result();
  } else {
    return std::move(handle).take_result();
  }
}

/// Runs `main()` and keeps a lambda alive as long as its coroutine.
template <class F>
  requires(!detail::awaitable<F> && detail::task_type<std::invoke_result_t<F&>>)
auto run(F&& main, run_options options = {}) {
  return run(main(), options);
}

}}  // namespace rondo::v0
