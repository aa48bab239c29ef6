// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace rondo { inline namespace v0 {

/// The loop's clock: steady, and virtual on the sim backend.
using time_point = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Now on the clock of this thread's loop; outside of a loop, the steady clock.
time_point now() noexcept;

/// A length of time, made from any chrono duration (`2s`, `1.5s`, `20ms`),
/// rounded up to nanoseconds; too long ones are as good as for ever.
class delay {
 public:
  template <class Rep, class Period>
  constexpr delay(std::chrono::duration<Rep, Period> d) noexcept  // NOLINT: implicit on purpose
      : ns_(convert(d)) {}

  constexpr std::int64_t count() const noexcept { return ns_; }
  constexpr std::chrono::nanoseconds nanoseconds() const noexcept {
    return std::chrono::nanoseconds(ns_);
  }
  /// Whether it stands for "for ever": timeouts of that length arm no timer.
  constexpr bool endless() const noexcept { return ns_ >= INT64_MAX / 2; }
  /// from + this, without overflow.
  constexpr std::int64_t after(std::int64_t from) const noexcept {
    if (ns_ > 0 && from > INT64_MAX - 1 - ns_) return INT64_MAX - 1;
    if (ns_ < 0 && from < INT64_MIN - ns_) return INT64_MIN;
    return from + ns_;
  }
  friend constexpr time_point operator+(time_point t, delay d) noexcept {
    return time_point(std::chrono::nanoseconds(d.after(t.time_since_epoch().count())));
  }

 private:
  template <class D>
  static constexpr std::int64_t convert(D d) noexcept {
    using seconds = std::chrono::duration<double>;
    constexpr double longest = 9.2e9;  // 292 years
    double length = std::chrono::duration_cast<seconds>(d).count();
    if (length > longest) return INT64_MAX / 2;
    if (!(length >= -longest)) return 0;  // not a number, too
    return std::chrono::ceil<std::chrono::nanoseconds>(d).count();
  }
  std::int64_t ns_;
};

}}  // namespace rondo::v0
