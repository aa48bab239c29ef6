// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/testing/detail/allocations.hpp>

// The thread sanitizer's own operator new cannot be replaced in part.
#define RONDO_ALLOCATIONS_CAN_FAIL 1
#if defined(__SANITIZE_THREAD__)
#undef RONDO_ALLOCATIONS_CAN_FAIL
#define RONDO_ALLOCATIONS_CAN_FAIL 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef RONDO_ALLOCATIONS_CAN_FAIL
#define RONDO_ALLOCATIONS_CAN_FAIL 0
#endif
#endif

namespace rondo { inline namespace v0 { namespace testing {

/// Whether failing_allocation can work here: not under the thread sanitizer. The macro
/// RONDO_ALLOCATIONS_CAN_FAIL says the same to the preprocessor.
inline constexpr bool allocations_can_fail = RONDO_ALLOCATIONS_CAN_FAIL;

/// Blocks that operator new has given and nobody has freed yet, of all threads.
inline long allocations_alive() noexcept { return detail::allocations::alive; }

/// While it lives, the n-th allocation of this thread (the first is 0) throws
/// std::bad_alloc: what can fail must be tried. One source file of the program includes
/// <rondo/testing/replace_new.hpp>; without that it throws usage_error.
class failing_allocation {
 public:
  explicit failing_allocation(long n, bool and_all_after = false) {
    if (allocations_can_fail && !detail::allocations::replaced) detail::throw_not_replaced();
    detail::allocations::failed = 0;
    detail::allocations::keep_failing = and_all_after;
    detail::allocations::until_failure = n;
  }
  failing_allocation(const failing_allocation&) = delete;
  ~failing_allocation() { stop(); }

  /// From here on none fails on this thread, whatever fault is alive: before a test says
  /// what it saw, which allocates.
  static void stop() noexcept { detail::allocations::until_failure = -1; }
  bool has_failed() const noexcept { return failures() > 0; }
  /// How many have failed.
  long failures() const noexcept { return detail::allocations::failed; }
};

}}}  // namespace rondo::v0::testing
