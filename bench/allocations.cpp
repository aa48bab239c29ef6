// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
std::uint64_t count = 0;  // of the one thread that measures; others only blur it
}

std::uint64_t allocations() noexcept { return __atomic_load_n(&count, __ATOMIC_RELAXED); }

void* operator new(std::size_t size) {
  __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
  auto a = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
