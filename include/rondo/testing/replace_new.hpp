// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// One source file of a test program includes this: it replaces operator new for all of
// it, so that failing_allocation can let the n-th allocation of a thread fail.
#pragma once

#include <new>

#include <rondo/testing/allocations.hpp>

#if RONDO_ALLOCATIONS_CAN_FAIL
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
static const bool rondo_replaces_new = (rondo::testing::detail::allocations::replaced = true);
void* operator new(std::size_t n) { return rondo::testing::detail::allocations::get(n, 0); }
void* operator new[](std::size_t n) { return rondo::testing::detail::allocations::get(n, 0); }
void* operator new(std::size_t n, std::align_val_t a) {
  return rondo::testing::detail::allocations::get(n, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t n, std::align_val_t a) {
  return rondo::testing::detail::allocations::get(n, static_cast<std::size_t>(a));
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  try {
    return rondo::testing::detail::allocations::get(n, 0);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t n, const std::nothrow_t& t) noexcept { return operator new(n, t); }
void operator delete(void* p, const std::nothrow_t&) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete[](void* p, const std::nothrow_t&) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete(void* p) noexcept { rondo::testing::detail::allocations::free(p); }
void operator delete[](void* p) noexcept { rondo::testing::detail::allocations::free(p); }
void operator delete(void* p, std::size_t) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete[](void* p, std::align_val_t) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  rondo::testing::detail::allocations::free(p);
}
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  rondo::testing::detail::allocations::free(p);
}
#endif  // RONDO_ALLOCATIONS_CAN_FAIL
