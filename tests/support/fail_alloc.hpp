// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Fault points: lets the n-th allocation of this thread fail. One source file of
// a test program includes this; it replaces operator new for all of it.
#pragma once

#include <new>

#include "support/allocations.hpp"

#if RONDO_TEST_FAIL_ALLOC
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t n) { return test::allocations::get(n, 0); }
void* operator new[](std::size_t n) { return test::allocations::get(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) {
  return test::allocations::get(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return test::allocations::get(n, static_cast<std::size_t>(a));
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  try {
    return test::allocations::get(n, 0);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t n, const std::nothrow_t& t) noexcept { return operator new(n, t); }
void operator delete(void* p, const std::nothrow_t&) noexcept { test::allocations::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { test::allocations::free(p); }
void operator delete(void* p) noexcept { test::allocations::free(p); }
void operator delete[](void* p) noexcept { test::allocations::free(p); }
void operator delete(void* p, std::size_t) noexcept { test::allocations::free(p); }
void operator delete[](void* p, std::size_t) noexcept { test::allocations::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { test::allocations::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { test::allocations::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  test::allocations::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  test::allocations::free(p);
}
#endif  // RONDO_TEST_FAIL_ALLOC
