// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/awaitable.hpp>
#include <rondo/coro/detail/operation.hpp>
#include <rondo/coro/detail/outside.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// The coroutine whose handle a foreign awaitable gets. Resuming it, on any
/// thread, wakes the operation behind it in its own loop.
class foreign_proxy {
 public:
  struct promise_type {
    outside* target = nullptr;

    foreign_proxy get_return_object() noexcept {
      return foreign_proxy(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    struct wake {
      wake() noexcept {}
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
        h.promise().target->arrive();  // this frame may be gone now
      }
      void await_resume() const noexcept {}
    };
    wake final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };

  foreign_proxy() = default;
  foreign_proxy(const foreign_proxy&) = delete;
  foreign_proxy& operator=(const foreign_proxy&) = delete;
  ~foreign_proxy() {
    if (handle_) handle_.destroy();
  }

  static foreign_proxy make();
  void set(std::coroutine_handle<promise_type> h) noexcept { handle_ = h; }
  std::coroutine_handle<promise_type> take() noexcept { return std::exchange(handle_, {}); }
  std::coroutine_handle<promise_type> handle() const noexcept { return handle_; }

 private:
  explicit foreign_proxy(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

template <class A>
decltype(auto) get_awaiter(A&& a) {
  if constexpr (requires { static_cast<A&&>(a).operator co_await(); }) {
    return static_cast<A&&>(a).operator co_await();
  } else if constexpr (requires { operator co_await(static_cast<A&&>(a)); }) {
    return operator co_await(static_cast<A&&>(a));
  } else {
    return static_cast<A&&>(a);
  }
}

/// An awaiter that can be cancelled has, beside await_ready, await_suspend and
/// await_resume,
///
///   bool await_cancel() noexcept;
///
/// called at most once, on the loop's thread, between await_suspend and
/// await_resume. True: the coroutine will never be resumed, neither now nor by
/// another thread, and await_resume is not called. False: it will be, or is
/// already being, resumed; what await_resume then gives or throws is delivered.
template <class Awaiter>
concept cancellable_awaiter = requires(Awaiter& a) {
  { a.await_cancel() } noexcept -> std::same_as<bool>;
};

/// Waits for an awaitable of another library. Unless its awaiter is a
/// cancellable_awaiter, a cancelled task stops once the awaitable has resumed it.
template <class A>
class [[nodiscard]] foreign_operation final : public operation {
  using awaiter_type = decltype(get_awaiter(std::declval<A>()));
  static constexpr bool cancellable = cancellable_awaiter<std::remove_reference_t<awaiter_type>>;
  static_assert(
      cancellable || !requires(std::remove_reference_t<awaiter_type>& a) { a.await_cancel(); },
      "rondo: await_cancel of an awaiter must be noexcept and return bool");

 public:
  explicit foreign_operation(A&& a) : awaiter_(get_awaiter(static_cast<A&&>(a))) {
    proxy_.set(foreign_proxy::make().take());
  }

  bool begin() noexcept override {
    try {
      if (awaiter_.await_ready()) return true;
      wake_.hold(*this, outside::by::wish);
      proxy_.handle().promise().target = &wake_;
      using R = decltype(awaiter_.await_suspend(std::coroutine_handle<>(proxy_.handle())));
      if constexpr (std::is_void_v<R>) {
        awaiter_.await_suspend(std::coroutine_handle<>(proxy_.handle()));
      } else if constexpr (std::is_same_v<R, bool>) {
        if (!awaiter_.await_suspend(std::coroutine_handle<>(proxy_.handle()))) {
          wake_.withdraw();
          return true;
        }
      } else {
        awaiter_.await_suspend(std::coroutine_handle<>(proxy_.handle())).resume();
      }
      return false;
    } catch (...) {
      error_ = std::current_exception();
      if (wake_.held()) wake_.withdraw();
      return true;
    }
  }
  bool cancel() noexcept override {
    if constexpr (cancellable) {
      if (!awaiter_.await_cancel()) return false;
      wake_.withdraw();
      return true;
    } else {
      return false;
    }
  }
  decltype(auto) result() {
    if (error_) std::rethrow_exception(error_);
    return awaiter_.await_resume();
  }
  const char* describe() const noexcept override { return "foreign awaitable"; }

 private:
  awaiter_type awaiter_;
  foreign_proxy proxy_;
  outside wake_;
  std::exception_ptr error_;
};

}}}  // namespace rondo::v0::detail
