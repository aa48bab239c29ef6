// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Memory of coroutine frames and of the nodes that live as long as they do.
///
/// Each thread keeps a short free list per size class (64 bytes apart, up to
/// 1 KiB), because a frame is usually made again at once with the size that
/// just became free; it trades whole batches with a process-wide store of
/// 64 KiB slabs and a slab that is wholly free goes back to the system. Per
/// thread and not per loop: frames are made before a loop exists and may die on
/// another thread.
///
/// Blocks are aligned to 64 bytes, because compilers do not tell operator new
/// about over-aligned locals of a coroutine. Under sanitizers every block is an
/// allocation of its own, so that they see each use after free.
inline constexpr std::size_t frame_granularity = 64;
inline constexpr std::size_t frame_classes = 16;

struct frame_block {
  frame_block* next;
};

struct frame_cache {
  frame_block* free[frame_classes];
  unsigned count[frame_classes];
};

extern constinit thread_local frame_cache this_thread_frames;

inline constexpr unsigned frame_cache_limit = 256;  ///< blocks per class and thread

void* allocate_frame_slow(std::size_t size);
void free_frame_slow(void* block, std::size_t size) noexcept;

inline void* allocate_frame(std::size_t size) {
#if !RONDO_SANITIZED
  std::size_t c = (size - 1) / frame_granularity;
  if (c < frame_classes) [[likely]] {
    frame_cache& cache = this_thread_frames;
    if (frame_block* b = cache.free[c]) [[likely]] {
      cache.free[c] = b->next;
      --cache.count[c];
      return b;
    }
  }
#endif
  return allocate_frame_slow(size);
}

inline void free_frame(void* block, std::size_t size) noexcept {
#if !RONDO_SANITIZED
  std::size_t c = (size - 1) / frame_granularity;
  if (c < frame_classes) [[likely]] {
    frame_cache& cache = this_thread_frames;
    if (cache.count[c] < frame_cache_limit) [[likely]] {
      auto* b = static_cast<frame_block*>(block);
      b->next = cache.free[c];
      cache.free[c] = b;
      ++cache.count[c];
      return;
    }
  }
#endif
  free_frame_slow(block, size);
}

/// In debug mode: from now on this thread's blocks are zeroed when they are made, and
/// their sizes are remembered; so what a new frame holds was put there by its
/// coroutine. Ends with watch_frames(false).
void watch_frames(bool on) noexcept;
/// The size of what allocate_frame has given to a thread that watches; else 0.
std::size_t watched_size(const void* block) noexcept;

/// Base class for objects allocated from the frame pool.
struct pooled {
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* p, std::size_t size) noexcept { free_frame(p, size); }
};

}}}  // namespace rondo::v0::detail
