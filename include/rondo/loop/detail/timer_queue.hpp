// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace rondo { inline namespace v0 { namespace detail {

struct timer_link {
  timer_link* next = nullptr;
  timer_link* previous = nullptr;
};

/// A point in time at which something is called. Part of the object that waits,
/// so arming never allocates.
struct timer : timer_link {
  std::int64_t deadline = 0;  ///< ns on the loop's clock
  void (*expire)(timer&) noexcept = nullptr;
  bool armed() const noexcept { return next != nullptr; }
};

/// Timers in order of their deadlines: a hierarchical timing wheel (Varghese and
/// Lauck, 1987) with a tick of 1 ns and 64 slots a level.
///
/// A timer's level is that of the highest 6-bit digit in which its deadline
/// differs from the wheel's base, its slot that digit. Hence arming and
/// disarming are O(1) and touch only neighbours, timers that are disarmed before
/// their time are never moved, and equal deadlines are always in the same slot,
/// in the order of their arming.
class timer_queue {
 public:
  static constexpr std::int64_t never = INT64_MAX;

  timer_queue() noexcept;
  timer_queue(const timer_queue&) = delete;
  timer_queue& operator=(const timer_queue&) = delete;

  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }

  void arm(timer& t, std::int64_t deadline) noexcept;
  void disarm(timer& t) noexcept;

  /// True if something may be due at now: a cheap test before advance().
  bool may_be_due(std::int64_t now) const noexcept { return now >= next_; }

  /// Calls expire on every timer with deadline <= now, in order. They are
  /// disarmed before they are called; calls may arm and disarm any timer.
  void advance(std::int64_t now) noexcept;

  /// When to look again: no timer is due before. It may be earlier than the
  /// first deadline, when that is far away and has many neighbours.
  std::int64_t next_wakeup() noexcept;

 private:
  static constexpr unsigned bits = 6;
  static constexpr unsigned slots = 1u << bits;
  static constexpr unsigned levels = 11;  // 66 bits

  static void append(timer_link& list, timer_link& t) noexcept;
  static void move_all(timer_link& from, timer_link& to) noexcept;
  static void sort(timer_link& list) noexcept;
  void place(timer& t) noexcept;

  timer_link slots_[levels][slots];
  std::uint64_t used_[levels] = {};  // bit set: the slot may hold timers
  timer_link due_;                   // deadline <= base_
  std::int64_t base_ = 0;
  std::int64_t next_ = never;  // no deadline is earlier
  std::size_t count_ = 0;
};

}}}  // namespace rondo::v0::detail
