// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

template <class T>
class async_generator;

namespace detail {

template <class T>
class generator_awaiter;

/// What next() returns: awaited as a call.
template <class T>
class [[nodiscard]] generator_next {
 public:
  using awaited_as_call = std::optional<T>;
  explicit generator_next(async_generator<T>& g) noexcept : generator_(g) {}
  generator_awaiter<T> await_from(promise_base& caller) const noexcept;

 private:
  async_generator<T>& generator_;
};

template <class T>
class generator_promise final : public promise_base {
 public:
  explicit generator_promise(std::source_location where = std::source_location::current(),
                             place_kind kind = place_of_promise) noexcept
      : promise_base(std::coroutine_handle<generator_promise>::from_promise(*this), where, kind) {}

  async_generator<T> get_return_object() noexcept;

  /// Goes back to the consumer; the value stays in the generator's frame.
  struct yield_awaiter {
    yield_awaiter() noexcept {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<generator_promise> h) const noexcept {
      promise_base& p = h.promise();
      return p.running_on().sched().transfer(p.caller()->handle());
    }
    void await_resume() const noexcept {}
  };
  yield_awaiter yield_value(T&& value) noexcept {
    value_ = &value;
    return {};
  }
  /// The consumer moves the value away, so what has a name is copied first.
  class yield_copy_awaiter : public yield_awaiter {
   public:
    explicit yield_copy_awaiter(const T& value) : copy_(value) {}
    yield_copy_awaiter(const yield_copy_awaiter&) = delete;
    yield_copy_awaiter& operator=(const yield_copy_awaiter&) = delete;
    std::coroutine_handle<> await_suspend(std::coroutine_handle<generator_promise> h) noexcept {
      h.promise().value_ = &copy_;
      return yield_awaiter::await_suspend(h);
    }

   private:
    T copy_;
  };
  yield_copy_awaiter yield_value(const T& value)
    requires std::is_copy_constructible_v<T>
  {
    return yield_copy_awaiter(value);
  }
  void return_void() noexcept {}
  void unhandled_exception() noexcept { error_ = departing(); }

  /// Whether a consumer is inside of next().
  bool running = false;

  T* take_value() noexcept { return std::exchange(value_, nullptr); }
  void rethrow() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  T* value_ = nullptr;
  std::exception_ptr error_;
};

template <class T>
async_generator<T> generator_promise<T>::get_return_object() noexcept {
  return async_generator<T>(std::coroutine_handle<generator_promise>::from_promise(*this));
}

/// Runs the generator as a call until it yields, ends or throws.
template <class T>
class generator_awaiter {
 public:
  generator_awaiter(async_generator<T>& g, promise_base& caller) noexcept
      : generator_(g), caller_(caller) {}
  generator_awaiter(const generator_awaiter&) = delete;
  generator_awaiter& operator=(const generator_awaiter&) = delete;
  ~generator_awaiter() {
    // Unwound inside of the body: the frame is gone, the generator is empty.
    auto& h = generator_.handle_;
    if (h && caller_.running_on().has_unwound(h.address())) h = {};
  }

  bool await_ready() noexcept {
    if (!generator_.handle_ || generator_.handle_.done()) return true;
    refused_ = generator_.handle_.promise().running;
    return refused_;
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept {
    generator_.handle_.promise().running = true;
    generator_.handle_.promise().attach_call(caller_);
    return caller_.running_on().sched().transfer(generator_.handle_);
  }
  std::optional<T> await_resume() {
    if (!generator_.handle_) return std::nullopt;
    if (refused_)
      throw usage_error("async_generator::next: another task waits in it; one consumer at a time");
    auto& p = generator_.handle_.promise();
    p.running = false;
    T* value = p.take_value();
    if (!value) {
      p.rethrow();
      return std::nullopt;
    }
    return std::optional<T>(std::move(*value));
  }

 private:
  async_generator<T>& generator_;
  promise_base& caller_;
  bool refused_ = false;
};

template <class T>
generator_awaiter<T> generator_next<T>::await_from(promise_base& caller) const noexcept {
  return generator_awaiter<T>(generator_, caller);
}

}  // namespace detail

}}  // namespace rondo::v0
