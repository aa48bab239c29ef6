// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>
#include <string>  // has std::reference_wrapper; <functional> is dear
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/cancel_reason.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

/// What a void operation gives where a value must stand, so that positions in
/// the tuple of `gather` and `race` hold.
struct none_t {
  friend constexpr bool operator==(none_t, none_t) noexcept { return true; }
};
inline constexpr none_t none{};

namespace detail {

template <class T>
struct stored {
  using type = T;
  using result = T;
};
template <>
struct stored<void> {
  using type = none_t;
  using result = none_t;
};
template <class T>
struct stored<T&> {
  using type = std::add_pointer_t<T>;
  using result = T&;
};
template <class T>
using stored_t = typename stored<T>::type;
/// T, with none_t in place of void.
template <class T>
using non_void = typename stored<T>::result;

template <class T>
struct element {
  using type = non_void<T>;
};
template <class T>
struct element<T&> {
  using type = std::reference_wrapper<T>;
};
/// T where a vector or an optional holds it, which cannot hold references.
template <class T>
using element_t = typename element<T>::type;

}  // namespace detail

/// How something ended: with a value, with an exception, or cancelled.
///
/// Not thread safe, like any value. Moving from an outcome leaves its state in
/// place and its value moved-from.
template <class T = void>
class [[nodiscard]] outcome {
  using stored_type = detail::stored_t<T>;

 public:
  using value_type = T;

  outcome() noexcept {}
  outcome(outcome&& other) noexcept(std::is_nothrow_move_constructible_v<stored_type>) {
    take(other);
  }
  outcome(const outcome& other)
    requires std::is_copy_constructible_v<stored_type>
  {
    if (other.state_ == state::value) {
      ::new (static_cast<void*>(&value_)) stored_type(other.value_);
    } else if (other.state_ == state::error) {
      ::new (static_cast<void*>(&error_)) std::exception_ptr(other.error_);
    } else if (other.state_ == state::cancelled) {
      ::new (static_cast<void*>(&reason_)) detail::cancel_reason(other.reason_);
    }
    state_ = other.state_;
  }
  outcome& operator=(outcome&& other) noexcept(std::is_nothrow_move_constructible_v<stored_type>) {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~outcome() { reset(); }

  /// True once it holds any of the three endings.
  bool settled() const noexcept { return state_ != state::empty; }
  bool has_value() const noexcept { return state_ == state::value; }
  explicit operator bool() const noexcept { return has_value(); }
  bool has_error() const noexcept { return state_ == state::error; }
  bool cancelled() const noexcept { return state_ == state::cancelled; }

  /// The exception, or null.
  std::exception_ptr exception() const noexcept {
    return state_ == state::error ? error_ : nullptr;
  }

  /// The value; throws the stored exception, or cancelled_error with the message of the
  /// cancellation.
  detail::non_void<T>& value() & {
    check();
    return stored_value();
  }
  const detail::non_void<T>& value() const& {
    check();
    return const_cast<outcome*>(this)->stored_value();
  }
  detail::non_void<T> value() && {
    check();
    return static_cast<detail::non_void<T>&&>(stored_value());
  }

  /// The value itself, nothing for void: what `co_await` gives.
  T get() && {
    check();
    if constexpr (std::is_void_v<T>) {
      return;
    } else {
      return static_cast<T&&>(stored_value());
    }
  }

  decltype(auto) operator*() & { return value(); }
  decltype(auto) operator*() && { return std::move(*this).value(); }

  template <class... Args>
  void set_value(Args&&... args) {
    reset();
    if constexpr (std::is_reference_v<T>) {
      static_assert((std::is_lvalue_reference_v<Args> && ...),
                    "rondo: a temporary cannot be the result where a reference is given");
      ::new (static_cast<void*>(&value_)) stored_type(std::addressof(args)...);
    } else {
      ::new (static_cast<void*>(&value_)) stored_type(std::forward<Args>(args)...);
    }
    state_ = state::value;
  }
  void set_error(std::exception_ptr e) noexcept {
    reset();
    ::new (static_cast<void*>(&error_)) std::exception_ptr(std::move(e));
    state_ = state::error;
  }
  void set_cancelled() noexcept { set_cancelled_because({}); }
  void set_cancelled_because(const detail::cancel_reason& why) noexcept {
    reset();
    ::new (static_cast<void*>(&reason_)) detail::cancel_reason(why);
    state_ = state::cancelled;
  }

 private:
  enum class state : unsigned char { empty, value, error, cancelled };

  detail::non_void<T>& stored_value() noexcept {
    if constexpr (std::is_reference_v<T>) {
      return *value_;
    } else {
      return value_;
    }
  }
  void check() const {
    if (state_ == state::value) [[likely]]
      return;
    if (state_ == state::error) std::rethrow_exception(error_);
    if (state_ == state::cancelled) reason_.raise();
    throw cancelled_error();  // it never ended
  }
  void take(outcome& other) {
    if (other.state_ == state::value) {
      ::new (static_cast<void*>(&value_)) stored_type(std::move(other.value_));
    } else if (other.state_ != state::empty) {
      take_failure(other);
    }
    state_ = other.state_;
  }
  void reset() noexcept {
    if (state_ == state::value) value_.~stored_type();
    if (state_ > state::value) drop_failure();
    state_ = state::empty;
  }
  // Apart, so that the way of a value stays short.
  [[gnu::noinline]] void take_failure(outcome& other) noexcept {
    if (other.state_ == state::error) {
      ::new (static_cast<void*>(&error_)) std::exception_ptr(std::move(other.error_));
    } else {
      ::new (static_cast<void*>(&reason_)) detail::cancel_reason(std::move(other.reason_));
    }
  }
  [[gnu::noinline]] void drop_failure() noexcept {
    if (state_ == state::error) {
      error_.~exception_ptr();
    } else {
      reason_.~cancel_reason();
    }
  }

  union {
    stored_type value_;
    std::exception_ptr error_;
    detail::cancel_reason reason_;
  };
  state state_ = state::empty;
};

}}  // namespace rondo::v0
