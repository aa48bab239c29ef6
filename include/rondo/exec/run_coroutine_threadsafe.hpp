// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/exec/detail/run_coroutine_threadsafe.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// What run_coroutine_threadsafe gives to the other thread:
/// `concurrent.futures.Future`. Thread safe. The task runs on when it is dropped; an
/// exception that nobody has asked for then goes to the exception handler of the
/// task's loop.
template <class T>
class [[nodiscard]] concurrent_future {
 public:
  concurrent_future(loop_ref loop, detail::ref<detail::concurrent_state<T>> state) noexcept
      : loop_(std::move(loop)), state_(std::move(state)) {
    add();
  }
  concurrent_future(const concurrent_future& other) noexcept
      : loop_(other.loop_), state_(other.state_) {
    add();
  }
  concurrent_future(concurrent_future&& other) noexcept = default;
  concurrent_future& operator=(concurrent_future other) noexcept {
    std::swap(loop_, other.loop_);
    std::swap(state_, other.state_);
    return *this;
  }
  ~concurrent_future() {
    if (state_ && state_->remove_future()) state_->take_lost().report_on(loop_);
  }

  // All of these throw usage_error when the future was moved away.
  bool done() const { return state().done(); }
  /// Blocks this thread until the task has ended; gives its value, throws its
  /// exception, or cancelled_error. Once.
  T get() {
    state().wait();
    return take();
  }
  /// The same, but throws timeout_error when it takes longer; then get again.
  T get(delay limit) {
    state().wait(limit);
    return take();
  }
  /// Asks the task to stop.
  void cancel() const {
    static_cast<void>(state());
    loop_.call_soon_threadsafe([s = state_] {
      if (s->handle) s->handle.cancel();
    });
  }

 private:
  void add() const noexcept {
    if (state_) state_->add_future();
  }
  T take() {
    state().set_retrieved();
    return std::move(state().result).get();
  }
  detail::concurrent_state<T>& state() const {
    if (!state_) [[unlikely]]
      throw usage_error("concurrent_future: it was moved away");
    return *state_;
  }
  loop_ref loop_;
  detail::ref<detail::concurrent_state<T>> state_;
};

/// Starts `f()`, which returns a task, on another thread's loop, from any thread
/// that is not that loop's: `asyncio.run_coroutine_threadsafe`. f is copied or
/// moved and lives as long as its coroutine. When the loop has closed, or closes
/// before the task has ended, the result is cancelled_error.
template <class F>
  requires detail::task_type<std::invoke_result_t<std::decay_t<F>&>>
auto run_coroutine_threadsafe(F&& f, loop_ref loop) {
  using T = typename std::invoke_result_t<std::decay_t<F>&>::value_type;
  detail::ref<detail::concurrent_state<T>> state(new detail::concurrent_state<T>);
  concurrent_future<T> result(loop, state);
  loop.call_soon_threadsafe([f = std::decay_t<F>(std::forward<F>(f)),
                             d = detail::concurrent_delivery<T>(state)]() mutable {
    detail::start_delivered(std::move(f), std::move(d));
  });
  return result;
}

/// The same for a task, whose arguments must live until it has ended.
template <class T>
concurrent_future<T> run_coroutine_threadsafe(task<T> what RONDO_CAPTURED_BY(global)
                                                  RONDO_LIFETIMEBOUND,
                                              loop_ref loop) {
  return run_coroutine_threadsafe(detail::give_task<T>(std::move(what)), std::move(loop));
}

}}  // namespace rondo::v0
