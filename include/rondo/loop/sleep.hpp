// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/awaitable.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

/// Waits for a point in time, or for the next turn.
class [[nodiscard]] sleep_operation final : public operation, private timer {
 public:
  explicit sleep_operation(delay d) noexcept { deadline = d.count() > 0 ? -d.count() : 0; }
  explicit sleep_operation(time_point when) noexcept {
    if (std::int64_t at = when.time_since_epoch().count(); at > 0) deadline = at;
  }
  sleep_operation(sleep_operation&&) noexcept = default;

  bool begin() noexcept override {
    if (deadline == 0) {
      complete();
    } else {
      arm();
    }
    return false;
  }
  bool cancel() noexcept override;
  void result() const noexcept {}
  const char* describe() const noexcept override { return "sleep"; }
  std::string detail() const override;

 private:
  // Until it is armed, the timer's deadline holds what was asked for: a negative
  // one is a length of time, 0 the next turn.
  void arm() noexcept;
};

}  // namespace detail

/// Waits for d, never less, and on a quiet machine up to 0.1 ms more. `sleep(0s)` lets others run
/// for one turn. Throws nothing. Cancelling it takes effect at once.
inline awaitable<void> auto sleep(delay d) noexcept { return detail::sleep_operation(d); }
/// The same. Without it g++ would keep a delay in the frame beside each duration.
template <class Rep, class Period>
awaitable<void> auto sleep(std::chrono::duration<Rep, Period> d) noexcept {
  return detail::sleep_operation(delay(d));
}

/// Waits until the loop's clock shows `when`. Throws nothing. Cancelling it takes effect at once.
inline awaitable<void> auto sleep_until(time_point when) noexcept {
  return detail::sleep_operation(when);
}

}}  // namespace rondo::v0
