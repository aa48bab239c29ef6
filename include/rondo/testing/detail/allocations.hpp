// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace rondo { inline namespace v0 { namespace testing { namespace detail {

/// What the operator new of replace_new.hpp does.
struct allocations {
  /// Whether a source file of this program includes replace_new.hpp.
  static inline bool replaced = false;
  /// How many more succeed on this thread before one fails; -1: none fails.
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

[[noreturn]] void throw_not_replaced();
/// Forgets what Rondo keeps of exceptions for async_backtrace.
void forget_kept_exceptions() noexcept;

}}}}  // namespace rondo::v0::testing::detail
