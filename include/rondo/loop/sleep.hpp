// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/loop/loop.hpp>

namespace rondo::inline v0 {

namespace detail {

/// Waits for a point in time, or for the next turn.
class sleep_operation final : public operation, private timer {
 public:
  explicit sleep_operation(delay d) noexcept { deadline = d.count(); }
  explicit sleep_operation(time_point when) noexcept : absolute_(true) {
    deadline = when.time_since_epoch().count();
  }
  sleep_operation(sleep_operation&&) noexcept = default;

  bool begin() noexcept override {
    if (deadline <= 0 && !absolute_) {
      complete();
      return false;
    }
    arm();
    return false;
  }
  bool cancel() noexcept override;
  void result() const noexcept {}
  const char* describe() const noexcept override { return "sleep"; }
  std::string detail() const override;

 private:
  void arm() noexcept;
  // Until it is armed, the timer's deadline holds what was asked for.
  bool absolute_ = false;
};

}  // namespace detail

/// Waits for d, never less, and on a quiet machine up to 0.1 ms more. `sleep(0s)` lets others run for one turn.
/// Cancelling it takes effect at once.
inline detail::sleep_operation sleep(delay d) noexcept { return detail::sleep_operation(d); }

/// Waits until the loop's clock shows `when`.
inline detail::sleep_operation sleep_until(time_point when) noexcept {
  return detail::sleep_operation(when);
}

}  // namespace rondo::inline v0
