// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/future.hpp>

namespace rondo { inline namespace v0 {

/// Thrown by a future whose promise was destroyed without having been kept.
class broken_promise : public error {
 public:
  using error::error;
};

/// The receiving side of a promise: awaitable, by many and again (a value that
/// cannot be copied goes to the first). Cancelling an await takes effect at once
/// and leaves the promise as it is. Can be moved between threads and awaited on
/// any loop.
///
/// An exception that the promise was given and that nobody has retrieved when the
/// promise and all its futures are gone is reported: to the exception handler of the
/// loop whose thread gave up the last of them, to standard error on another thread.
template <class T = void>
class future {
 public:
  using value_type = T;
  future() noexcept = default;
  bool valid() const noexcept { return static_cast<bool>(state_); }
  /// Whether awaiting it would not wait. Throws usage_error when it is empty, as
  /// awaiting it does.
  bool done() const { return state().settled(); }
  auto as_operation() const { return detail::future_operation<T>(state()); }

 private:
  detail::future_state<T>& state() const {
    if (!state_) [[unlikely]]
      detail::throw_empty_future();
    return *state_;
  }
  template <class U>
  friend class promise;
  explicit future(detail::future_state<T>* s) noexcept : state_(s) {}
  detail::ref<detail::future_state<T>> state_;
};

/// A result that somebody will give: a callback, another thread. Kept once; a
/// promise that is destroyed before gives broken_promise. Thread safe.
template <class T = void>
class promise {
 public:
  promise() : state_(new detail::future_state<T>) { state_->retain(); }
  promise(promise&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  promise& operator=(promise&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~promise() {
    if (std::exception_ptr lost = give_up()) detail::report_unretrieved(lost);
  }

  /// Throws usage_error when the promise was moved away, as all of it does.
  future<T> get_future() const {
    if (!state_) [[unlikely]]
      detail::throw_empty_promise();
    return future<T>(state_);
  }

  /// Throws usage_error when the promise was kept before.
  template <class... U>
  void set_value(U&&... value) {
    auto store = [&] { state_->result.set_value(std::forward<U>(value)...); };
    settle(store);
  }
  void set_exception(std::exception_ptr error) {
    auto store = [&] {
      state_->result.set_error(std::move(error));
      state_->exception_was_set = true;
    };
    settle(store);
  }

  // For those who know better where a lost exception belongs:
  /// What the destructor does, but gives the exception that it would report, or null.
  std::exception_ptr give_up() noexcept {
    detail::future_state<T>* state = std::exchange(state_, nullptr);
    if (!state) return nullptr;
    if (!state->settled()) {
      std::exception_ptr reason;
      try {
        reason = std::make_exception_ptr(broken_promise("promise: it was dropped unkept"));
      } catch (...) {  // out of memory: whoever waits must be woken all the same
        reason = std::current_exception();
      }
      auto store = [&] { state->result.set_error(std::move(reason)); };
      // Nothing happens if another thread settled it meanwhile.
      state->settle([](void* f) { (*static_cast<decltype(store)*>(f))(); }, &store);
    }
    return state->release_and_take_lost();
  }

 private:
  template <class F>
  void settle(F& store) {
    if (!state_) [[unlikely]]
      detail::throw_empty_promise();
    if (!state_->settle([](void* f) { (*static_cast<F*>(f))(); }, &store))
      throw usage_error("promise: it was kept before");
  }
  detail::future_state<T>* state_;
};

}}  // namespace rondo::v0
