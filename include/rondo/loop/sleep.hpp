// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/loop/loop.hpp>

namespace rondo::inline v0 {

namespace detail {

/// Waits for a point in time, or for the next turn.
class sleep_operation final : public operation, private timer {
 public:
  explicit sleep_operation(delay d) noexcept : when_(d.count()) {}
  explicit sleep_operation(time_point when) noexcept
      : when_(when.time_since_epoch().count()), absolute_(true) {}
  sleep_operation(sleep_operation&&) noexcept = default;

  bool begin() noexcept override {
    if (when_ <= 0 && !absolute_) {
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
  std::int64_t when_;
  bool absolute_ = false;
};

}  // namespace detail

/// Waits for d, never less. `sleep(0s)` lets others run for one turn.
/// Cancelling it takes effect at once.
inline detail::sleep_operation sleep(delay d) noexcept { return detail::sleep_operation(d); }

/// Waits until the loop's clock shows `when`.
inline detail::sleep_operation sleep_until(time_point when) noexcept {
  return detail::sleep_operation(when);
}

}  // namespace rondo::inline v0
