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
#include <rondo/detail/config.hpp>

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

}  // namespace detail

/// A coroutine that yields values and may await between them: what an
/// `async def` with `yield` makes in Python.
///
///     while (auto line = co_await lines.next()) use(*line);
///
/// `next()` gives an optional: empty at the end; it throws what the body throws.
/// The body runs only while someone awaits next(), as a call in that task;
/// destroying the generator destroys its frame. Cancelling a task inside of
/// next() ends the generator as well.
///
/// Move-only; one consumer at a time: another one's next() throws usage_error
/// meanwhile. What next() returns may be awaited again: each time is one value.
template <class T>
class RONDO_CORO_RETURN_TYPE [[nodiscard]] async_generator {
  static_assert(std::is_object_v<T>,
                "rondo: async_generator<T> yields objects; for references yield a pointer");

 public:
  using promise_type = detail::generator_promise<T>;
  using handle_type = std::coroutine_handle<promise_type>;

  async_generator() noexcept = default;
  async_generator(async_generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  async_generator& operator=(async_generator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~async_generator() {
    if (!handle_) return;
    handle_.promise().begin_destruction();
    handle_.destroy();
  }

  /// False for a default-constructed or moved-from generator.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// The next value, or empty at the end. Throws what the body threw.
  detail::generator_next<T> next() noexcept { return detail::generator_next<T>(*this); }

 private:
  friend class detail::generator_promise<T>;
  friend class detail::generator_awaiter<T>;
  explicit async_generator(handle_type h) noexcept : handle_(h) {}
  handle_type handle_;
};

namespace detail {

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
