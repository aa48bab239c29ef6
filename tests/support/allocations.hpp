// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Fault points: lets the n-th allocation of this thread fail, in a test program of
// which one source file includes fail_alloc.hpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

// The thread sanitizer's own operator new cannot be replaced in part.
#define RONDO_TEST_FAIL_ALLOC 1
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef RONDO_TEST_FAIL_ALLOC
#define RONDO_TEST_FAIL_ALLOC 0
#endif
#endif

namespace test {

struct allocations {
  /// How many more succeed before one fails; -1: none fails.
  static inline thread_local long until_failure = -1;
  /// Every one after the first failure fails as well.
  static inline thread_local bool keep_failing = false;
  static inline thread_local long failed = 0;
  /// Blocks that are allocated now, of all threads.
  static inline std::atomic<long> alive{0};

  static void* get(std::size_t size, std::size_t alignment) {
    if (until_failure >= 0) {
      if (until_failure == 0 && !keep_failing) until_failure = -1;
      if (until_failure <= 0) {
        ++failed;
        throw std::bad_alloc();
      }
      --until_failure;
    }
    // aligned_alloc wants a multiple.
    void* p = alignment <= alignof(std::max_align_t)
                  ? std::malloc(size ? size : 1)
                  : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (!p) throw std::bad_alloc();
    ++alive;
    return p;
  }
  static void free(void* p) noexcept {
    if (!p) return;
    --alive;
    std::free(p);
  }
};

/// While it lives, the n-th allocation of this thread fails (the first is 0).
struct failing_allocation {
  explicit failing_allocation(long n, bool and_all_after = false) {
    allocations::failed = 0;
    allocations::keep_failing = and_all_after;
    allocations::until_failure = n;
  }
  failing_allocation(const failing_allocation&) = delete;
  ~failing_allocation() { allocations::until_failure = -1; }
  bool has_failed() const { return allocations::failed > 0; }
};

}  // namespace test
