// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/outcome.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/exec/detail/worker_threads.hpp>

// <stop_token> alone takes a third of a second to compile, and only those need it
// whose function takes one; they have included it.
namespace std {
class stop_token;
class stop_source;
}  // namespace std

namespace rondo::inline v0 {

namespace detail {

/// A job whose end is posted back to the loop.
class thread_operation_base : public operation, private job {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  const char* describe() const noexcept override;
  std::string detail() const override;

 protected:
  explicit thread_operation_base(worker_threads& pool) noexcept : pool_(&pool) {}
  thread_operation_base(thread_operation_base&&) = default;
  ~thread_operation_base() = default;

  /// On the thread. Must not throw.
  virtual void work() noexcept = 0;
  /// Tells work that nobody wants its result any more; false if it cannot be
  /// told. On the loop's thread.
  virtual bool request_stop() noexcept = 0;
  /// No thread will run it.
  virtual void fail(std::exception_ptr error) noexcept = 0;

 private:
  struct arrival : entry {
    thread_operation_base* op = nullptr;
  };
  arrival arrival_;
  worker_threads* pool_;
  outside_link* link_ = nullptr;
  bool told_to_stop_ = false;
};

template <class F, class... Args>
concept stoppable_function = requires(F& f) {
  f(std::declval<std::stop_token>(), std::declval<Args>()...);
};

template <class F, class... Args>
struct thread_call {
  using result = std::invoke_result_t<F&, Args...>;
  struct stop_type {};
};
template <class F, class... Args>
  requires stoppable_function<F, Args...>
struct thread_call<F, Args...> {
  using result = std::invoke_result_t<F&, std::stop_token, Args...>;
  using stop_type = std::stop_source;
};

template <class F, class... Args>
class thread_operation final : public thread_operation_base {
  static constexpr bool stoppable = stoppable_function<F, Args...>;
  using value_type = typename thread_call<F, Args...>::result;

 public:
  template <class G, class... A>
  explicit thread_operation(worker_threads& pool, G&& f, A&&... args)
      : thread_operation_base(pool), function_(std::forward<G>(f)), arguments_(std::forward<A>(args)...) {}
  thread_operation(thread_operation&&) = default;

  value_type result() { return std::move(outcome_).get(); }

 private:
  void work() noexcept override {
    try {
      auto call = [&](Args&... args) -> value_type {
        if constexpr (stoppable) {
          return function_(stop_.get_token(), std::move(args)...);
        } else {
          return function_(std::move(args)...);
        }
      };
      if constexpr (std::is_void_v<value_type>) {
        std::apply(call, arguments_);
        outcome_.set_value();
      } else {
        outcome_.set_value(std::apply(call, arguments_));
      }
    } catch (...) {
      outcome_.set_error(std::current_exception());
    }
  }
  bool request_stop() noexcept override {
    if constexpr (stoppable) stop_.request_stop();
    return stoppable;
  }
  void fail(std::exception_ptr e) noexcept override { outcome_.set_error(std::move(e)); }

  F function_;
  std::tuple<Args...> arguments_;
  [[no_unique_address]] typename thread_call<F, Args...>::stop_type stop_;
  outcome<value_type> outcome_;
};

}  // namespace detail

/// Runs `f(args…)` on a thread of its own pool and gives its value or exception:
/// `asyncio.to_thread`, for what blocks or computes long. f and args are copied
/// or moved in.
///
/// Cancelling it drops a call that no thread has begun. One that runs is waited
/// for, so that what f refers to stays valid: completion wins, its value is
/// delivered and the task stops at its next suspension. An f that takes a
/// std::stop_token first is told through it, and its value then dropped.
template <class F, class... Args>
auto to_thread(F&& f, Args&&... args) {
  RONDO_CHECK_CLOSURE(F);
  return detail::thread_operation<std::decay_t<F>, std::decay_t<Args>...>(
      detail::worker_threads::shared(), std::forward<F>(f), std::forward<Args>(args)...);
}

}  // namespace rondo::inline v0
