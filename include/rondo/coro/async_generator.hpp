// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/detail/async_generator.hpp>
#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 {

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

  /// The next value, or empty at the end. Throws what the body threw. Cancelling it
  /// ends the generator too.
  awaitable<std::optional<T>> auto next() noexcept { return detail::generator_next<T>(*this); }

 private:
  friend class detail::generator_promise<T>;
  friend class detail::generator_awaiter<T>;
  explicit async_generator(handle_type h) noexcept : handle_(h) {}
  handle_type handle_;
};

}}  // namespace rondo::v0
