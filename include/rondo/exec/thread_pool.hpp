// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/exec/detail/thread_pool.hpp>
#include <rondo/exec/detail/to_thread.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/sync/future.hpp>

namespace rondo { inline namespace v0 {

struct thread_pool_options {
  /// At most so many threads; 0: one for each core that the process may use.
  std::size_t threads = 0;
  /// At most so many calls are queued, at least 1; further ones wait for room.
  std::size_t queue = 1024;
  /// The threads are called name-0, name-1…, as top and debuggers show them (15
  /// characters). Copied.
  const char* name = "pool";
};
static_assert(std::is_trivially_destructible_v<thread_pool_options>);

/// Threads of a name and number of one's own: Python's ThreadPoolExecutor. For
/// work that must not crowd to_thread's pool, or be crowded by it.
///
///     rondo::thread_pool pool({.threads = 4, .queue = 64, .name = "resize"});
///     image small = co_await pool.run(resize, std::move(big));
///
/// Awaiting is the backpressure: when the queue is full, run and submit wait for
/// room, first come first served, without blocking the loop's thread. Threads
/// start when they are needed and block all signals. Thread safe: tasks of
/// several loops may use one pool.
///
/// The destructor refuses calls that no thread has begun (whoever awaits them
/// gets usage_error) and blocks until those that run have ended. Nobody may begin
/// a call meanwhile.
class thread_pool {
 public:
  explicit thread_pool(thread_pool_options options = {});
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  ~thread_pool() = default;

  /// Runs `f(args…)` on a thread and gives its value or exception. f and args are
  /// copied or moved in. Throws std::system_error when no thread can be started.
  ///
  /// Cancelling it drops a call that no thread has begun. One that runs is waited
  /// for: its value is delivered and the task stops at its next suspension. An f
  /// that takes a std::stop_token first is told through it, and its value then
  /// dropped.
  template <class F, class... Args>
  awaitable<detail::thread_result<F, Args...>> auto run(F&& f, Args&&... args) {
    RONDO_CHECK_CLOSURE(F);
    return detail::thread_operation<std::decay_t<F>, std::decay_t<Args>...>(
        threads_, std::forward<F>(f), std::forward<Args>(args)...);
  }

  /// Waits only until `f(args…)` has room in the queue, and gives a future for its
  /// result: loop.run_in_executor, with a bound. The call is the pool's then and
  /// runs whatever becomes of the future. An exception is kept for the future; when
  /// the future was dropped, it goes to the exception handler of the loop that has
  /// submitted the call (to standard error, if that has closed).
  ///
  /// Cancelling it while it waits for room drops the call; afterwards the future
  /// is delivered.
  template <class F, class... Args>
  awaitable<future<std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>...>>> auto submit(
      F&& f, Args&&... args) {
    RONDO_CHECK_CLOSURE(F);
    using call_type = detail::submitted_function<std::decay_t<F>, std::decay_t<Args>...>;
    auto* call = new call_type(threads_, std::forward<F>(f), std::forward<Args>(args)...);
    return detail::submit_operation<typename call_type::value_type>(threads_, call,
                                                                    call->get_future());
  }

  /// The most threads that it may have.
  std::size_t threads() const noexcept { return threads_.limit(); }
  // What it does at this moment, for metrics.
  /// Calls in the queue.
  std::size_t queued() const noexcept { return threads_.queued(); }
  /// Calls that wait for room in the queue.
  std::size_t waiting() const noexcept { return threads_.waiting(); }
  /// Calls that threads are running.
  std::size_t running() const noexcept { return threads_.running(); }

 private:
  detail::worker_threads threads_;
};

}}  // namespace rondo::v0
