// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

class node;
struct code_place;

/// What the loop's thread is doing, written down for a watchdog on another thread.
/// In debug mode only: a loop without one pays a comparison for each step.
///
/// A step is one entry of the ready queue: a task that is resumed, a callback, frames
/// that are unwound. What the other thread reads are single words that are changed
/// atomically and point to what is never freed; so it may read them at any time, and
/// looks at the epoch before and after.
class step_record {
 public:
  step_record() = default;
  step_record(const step_record&) = delete;
  step_record& operator=(const step_record&) = delete;

  // The loop's thread:
  void begin() noexcept;
  /// 0, or for how many milliseconds at least the step that ends here held the loop.
  unsigned end() noexcept;
  /// From here on the step is this task's, which is suspended or has not begun.
  void resumes(const node& n) noexcept;
  void unwinds(const node& n) noexcept;
  void calls_back(const char* kind, const code_place& asked_for_at) noexcept;
  /// The task has come to its end, or to its next suspension.
  void has_resumed(const node& n, bool ended) noexcept;
  /// `task 'x' held the loop for over 250 ms before it …`
  std::string held_text(unsigned ms) const;

  // The watchdog's:
  /// Odd while a step runs; never the same again.
  unsigned long epoch() const noexcept { return __atomic_load_n(&epoch_, __ATOMIC_ACQUIRE); }
  /// That step has held the loop so long.
  void set_held(unsigned long epoch, unsigned ms) noexcept;
  /// `task 'x' has held the loop for over 500 ms since …`
  std::string holds_text(unsigned ms) const;

 private:
  enum class kind : unsigned char { unknown, task, unwinding, callback };

  void note(kind k, const node& n) noexcept;
  std::string who() const;

  static constexpr std::size_t name_words = 8;

  unsigned long epoch_ = 0;
  unsigned held_ms_ = 0;
  unsigned long held_epoch_ = 0;

  kind kind_ = kind::unknown;
  const char* name_ = nullptr;  // a coroutine's function, an operation's or a callback's kind
  unsigned long given_name_[name_words] = {};  // by the user, the first letters of it
  // The co_await that the step goes on from, or where the callback was asked for.
  const char* from_function_ = nullptr;
  const char* from_file_ = nullptr;
  unsigned from_line_ = 0;

  // The loop's thread only: the co_await at which it was suspended.
  const char* to_function_ = nullptr;
  const char* to_file_ = nullptr;
  unsigned to_line_ = 0;
};

}}}  // namespace rondo::v0::detail
