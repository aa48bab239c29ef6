// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

/// `1.5s`, for messages.
std::string seconds(std::int64_t ns);

/// One child with a deadline.
class deadline_base : public composite, protected timer {
 public:
  const char* describe() const noexcept override { return "wait_for"; }
  std::string detail() const override;

 protected:
  deadline_base(std::int64_t when, bool absolute) noexcept : when_(when), absolute_(absolute) {}
  deadline_base(deadline_base&&) = default;
  ~deadline_base() = default;

  void begin_child(node& child) noexcept;
  void end_child(bool cancelled) noexcept;
  bool timed_out() const noexcept { return timed_out_; }
  [[noreturn]] void throw_timeout() const;
  virtual node& timed_child() noexcept = 0;

 private:
  static void expired(timer& t) noexcept;
  std::int64_t when_;
  bool absolute_;
  bool timed_out_ = false;
};

template <class B, bool Throws>
class [[nodiscard]] deadline_operation final : public deadline_base {
  using value_type = typename body<B>::value_type;

 public:
  deadline_operation(B&& b, std::int64_t when, bool absolute)
      : deadline_base(when, absolute), child_(std::move(b)) {}
  deadline_operation(deadline_operation&&) = default;

  bool begin() noexcept override {
    begin_child(child_);
    return false;
  }
  void child_done(node&) noexcept override { end_child(child_.result.cancelled()); }

  std::conditional_t<Throws, value_type, std::optional<element_t<value_type>>> result() {
    if (child_.result.cancelled()) {
      if (!timed_out()) throw cancelled_error(std::string(child_.cancel_message()));
      if constexpr (Throws) {
        throw_timeout();
      } else {
        return std::nullopt;
      }
    }
    if constexpr (Throws) {
      return std::move(child_.result).get();
    } else {
      return std::optional<element_t<value_type>>(std::move(child_.result).value());
    }
  }

 private:
  node& timed_child() noexcept override { return child_; }
  child<B> child_;
};

}  // namespace detail

/// Waits for something, but not longer than `limit`: then it is cancelled, waited
/// for, and timeout_error is thrown. If it completed all the same, its value or
/// exception wins. Cancelling wait_for cancels what it waits for. A limit of more
/// than 292 years is none.
template <class A>
  requires detail::awaitable<A>
auto wait_for(A&& what, delay limit) {
  return detail::deadline_operation<detail::body_type<A>, true>(
      detail::make_body(std::forward<A>(what)), limit.count(), false);
}

template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable wait_for(A&&, delay) {
  detail::require_awaitable<A>();
  return {};
}

/// wait_for with a point in time on the loop's clock.
template <class A>
  requires detail::awaitable<A>
auto timeout_at(A&& what, time_point deadline) {
  return detail::deadline_operation<detail::body_type<A>, true>(
      detail::make_body(std::forward<A>(what)), deadline.time_since_epoch().count(), true);
}

template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable timeout_at(A&&, time_point) {
  detail::require_awaitable<A>();
  return {};
}

/// wait_for that gives an optional, empty when the time ran out, instead of
/// throwing; `none` in it for void, a std::reference_wrapper for a reference.
template <class A>
  requires detail::awaitable<A>
auto move_on_after(A&& what, delay limit) {
  return detail::deadline_operation<detail::body_type<A>, false>(
      detail::make_body(std::forward<A>(what)), limit.count(), false);
}

/// The same in the order of trio's: `move_on_after(1s, read())`.
template <class A>
  requires detail::awaitable<A>
auto move_on_after(delay limit, A&& what) {
  return move_on_after(std::forward<A>(what), limit);
}
template <class A>
  requires(!detail::awaitable<A>)
detail::not_awaitable move_on_after(A&&, delay) {
  detail::require_awaitable<A>();
  return {};
}
template <class A>
  requires(!detail::awaitable<A> && !std::is_convertible_v<A, delay>)
detail::not_awaitable move_on_after(delay, A&&) {
  detail::require_awaitable<A>();
  return {};
}

}}  // namespace rondo::v0
