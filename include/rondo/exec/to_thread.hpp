// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <string_view>
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
template <class T, std::size_t Extent>
class span;
template <class T>
class reference_wrapper;
}  // namespace std

namespace rondo { inline namespace v0 {

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
concept stoppable_function =
    requires(F& f) { f(std::declval<std::stop_token>(), std::declval<Args>()...); };

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

/// A function, its arguments, and what came of it.
template <class F, class... Args>
class bound_call {
  static constexpr bool stoppable = stoppable_function<F, Args...>;

 public:
  using value_type = typename thread_call<F, Args...>::result;

  template <class G, class... A>
  explicit bound_call(G&& f, A&&... args)
      : function_(std::forward<G>(f)), arguments_(std::forward<A>(args)...) {}

  void run() noexcept {
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
  void fail(std::exception_ptr e) noexcept { outcome_.set_error(std::move(e)); }
  value_type take() { return std::move(outcome_).get(); }
  /// A copy; of nothing when the function cannot be stopped.
  auto stop_source() const noexcept { return stop_; }

 private:
  F function_;
  std::tuple<Args...> arguments_;
  [[no_unique_address]] typename thread_call<F, Args...>::stop_type stop_;
  outcome<value_type> outcome_;
};

template <class F, class... Args>
class [[nodiscard]] thread_operation final : public thread_operation_base {
 public:
  template <class G, class... A>
  explicit thread_operation(worker_threads& pool, G&& f, A&&... args)
      : thread_operation_base(pool), call_(std::forward<G>(f), std::forward<A>(args)...) {}
  thread_operation(thread_operation&&) = default;

  auto result() -> typename bound_call<F, Args...>::value_type { return call_.take(); }

 private:
  void work() noexcept override { call_.run(); }
  bool request_stop() noexcept override {
    if constexpr (stoppable_function<F, Args...>) call_.stop_source().request_stop();
    return stoppable_function<F, Args...>;
  }
  void fail(std::exception_ptr e) noexcept override { call_.fail(std::move(e)); }

  bound_call<F, Args...> call_;
};

class abandoning_operation_base;

/// A call that may outlive its task: on the heap, owned by the operation until a
/// thread has begun it and the operation has left it; from then on by the thread.
class abandonable_call : private job {
 public:
  abandonable_call() = default;
  abandonable_call(const abandonable_call&) = delete;
  abandonable_call& operator=(const abandonable_call&) = delete;
  virtual ~abandonable_call() = default;

 private:
  friend class abandoning_operation_base;
  static constexpr int shared = 0, finished = 1, abandoned = 2;

  /// On the thread, after the work; false: nobody waits for it any more.
  bool end() noexcept;
  virtual void work() noexcept = 0;
  virtual void fail(std::exception_ptr error) noexcept = 0;
  /// Gives the call to the thread that runs it; false: it has finished.
  virtual bool abandon() noexcept = 0;

  struct arrival : entry {
    abandoning_operation_base* op = nullptr;
  };
  arrival arrival_;
  outside_link* link_ = nullptr;
  int phase_ = shared;  // changed atomically

 protected:
  /// The thread may destroy the call as soon as this has returned true.
  bool leave() noexcept;
};

/// A job whose end is posted back to the loop, unless it was left before.
class abandoning_operation_base : public operation {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  const char* describe() const noexcept override { return "to_thread"; }

 protected:
  explicit abandoning_operation_base(abandonable_call* call) noexcept : call_(call) {}
  abandoning_operation_base(abandoning_operation_base&& other) noexcept
      : operation(std::move(other)), call_(std::exchange(other.call_, nullptr)) {}
  ~abandoning_operation_base() { delete call_; }

  abandonable_call* call_;  // null once it was abandoned
};

template <class F, class... Args>
class [[nodiscard]] abandoning_operation final : public abandoning_operation_base {
  struct call final : abandonable_call {
    template <class G, class... A>
    explicit call(G&& f, A&&... args) : bound(std::forward<G>(f), std::forward<A>(args)...) {}
    bound_call<F, Args...> bound;

   private:
    void work() noexcept override { bound.run(); }
    void fail(std::exception_ptr e) noexcept override { bound.fail(std::move(e)); }
    bool abandon() noexcept override {
      [[maybe_unused]] auto stop = bound.stop_source();  // the call may be gone after leave
      if (!leave()) return false;
      if constexpr (stoppable_function<F, Args...>) stop.request_stop();
      return true;
    }
  };

 public:
  template <class G, class... A>
  explicit abandoning_operation(G&& f, A&&... args)
      : abandoning_operation_base(new call(std::forward<G>(f), std::forward<A>(args)...)) {}
  abandoning_operation(abandoning_operation&&) = default;

  auto result() -> typename bound_call<F, Args...>::value_type {
    return static_cast<call*>(call_)->bound.take();
  }
};

/// What refers to something that it does not own.
template <class T>
inline constexpr bool borrows =
    std::is_pointer_v<T> && !std::is_function_v<std::remove_pointer_t<T>>;
template <class C, class Traits>
inline constexpr bool borrows<std::basic_string_view<C, Traits>> = true;
template <class T, std::size_t Extent>
inline constexpr bool borrows<std::span<T, Extent>> = true;
template <class T>
inline constexpr bool borrows<std::reference_wrapper<T>> = true;

}  // namespace detail

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
auto to_thread(F&& f, Args&&... args) {
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
auto to_thread(abandon_on_cancel_t, F&& f, Args&&... args) {
  RONDO_CHECK_CLOSURE(F);
  static_assert(!(detail::borrows<std::decay_t<F>> || ... || detail::borrows<std::decay_t<Args>>),
                "rondo: a call that may be abandoned outlives its task: pass arguments that own "
                "their data (std::string, std::vector, std::shared_ptr), not a pointer, "
                "std::string_view, std::span or std::ref");
  return detail::abandoning_operation<std::decay_t<F>, std::decay_t<Args>...>(
      std::forward<F>(f), std::forward<Args>(args)...);
}

}}  // namespace rondo::v0
