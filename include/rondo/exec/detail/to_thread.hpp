// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/outside.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/outcome.hpp>
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

namespace rondo { inline namespace v0 { namespace detail {

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
  outside end_;
  worker_threads* pool_;
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

/// What to_thread(F, Args…) gives: what f returns for copies of the arguments.
template <class F, class... Args>
using thread_result = typename thread_call<std::decay_t<F>, std::decay_t<Args>...>::result;

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

  outside end_;
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

}}}  // namespace rondo::v0::detail
