// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/frame_pool.hpp>

#include <sys/mman.h>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <unordered_map>
#include <utility>

#include "coro/fork.hpp"

namespace rondo { inline namespace v0 { namespace detail {

constinit thread_local frame_cache this_thread_frames{};

namespace {

constexpr std::size_t slab_size = 64 * 1024;
constexpr unsigned batch = frame_cache_limit / 2;

constexpr std::size_t block_size(std::size_t size_class) {
  return (size_class + 1) * frame_granularity;
}

// A slab starts at a multiple of its size, so that a block finds its slab by
// masking its address. Blocks are carved off one by one: untouched memory of a
// fresh slab costs nothing.
struct alignas(64) slab {
  slab* next = nullptr;  // list of slabs that can give blocks
  slab* previous = nullptr;
  frame_block* free = nullptr;
  std::uint32_t size_class;
  std::uint32_t fresh = sizeof(slab);  // offset of the first block never given out
  std::uint32_t out = 0;               // blocks given out
  bool listed = false;

  explicit slab(std::size_t c) : size_class(static_cast<std::uint32_t>(c)) {}

  bool exhausted() const { return !free && fresh + block_size(size_class) > slab_size; }

  frame_block* take() {
    frame_block* b = free;
    if (b) {
      free = b->next;
    } else {
      b = reinterpret_cast<frame_block*>(reinterpret_cast<char*>(this) + fresh);
      fresh += static_cast<std::uint32_t>(block_size(size_class));
    }
    ++out;
    return b;
  }
};

// Straight from the system: malloc's headers beside each slab would cost two
// pages of it.
void* map_slab() {
  void* area =
      ::mmap(nullptr, 2 * slab_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) throw std::bad_alloc();
  auto begin = reinterpret_cast<std::uintptr_t>(area);
  std::uintptr_t aligned = (begin + slab_size - 1) & ~(slab_size - 1);
  if (aligned > begin) ::munmap(area, aligned - begin);
  ::munmap(reinterpret_cast<void*>(aligned + slab_size), begin + slab_size - aligned);
  return reinterpret_cast<void*>(aligned);
}

class slab_store {
 public:
  // Moves up to `most` blocks into the cache; at least one, or throws.
  void fill(frame_cache& cache, std::size_t c, unsigned most = batch) {
    std::lock_guard lock(mutex_);
    if (!lists_[c]) {
      link(*new (map_slab()) slab(c));
    }
    for (unsigned i = 0; i < most && lists_[c]; ++i) {
      slab& s = *lists_[c];
      frame_block* b = s.take();
      if (s.exhausted()) unlink(s);
      b->next = cache.free[c];
      cache.free[c] = b;
      ++cache.count[c];
    }
  }

  void drain(frame_cache& cache, std::size_t c, unsigned keep) noexcept {
    std::lock_guard lock(mutex_);
    while (cache.count[c] > keep) {
      frame_block* b = cache.free[c];
      cache.free[c] = b->next;
      --cache.count[c];
      auto& s = *reinterpret_cast<slab*>(reinterpret_cast<std::uintptr_t>(b) & ~(slab_size - 1));
      b->next = s.free;
      s.free = b;
      if (!s.listed) link(s);
      if (--s.out == 0 && (s.next || s.previous)) {  // keep the last one: no thrashing
        unlink(s);
        ::munmap(&s, slab_size);
      }
    }
  }

  // A child of fork must not find it locked by a thread that it does not have.
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  void link(slab& s) {
    slab*& head = lists_[s.size_class];
    s.previous = nullptr;
    s.next = head;
    if (head) head->previous = &s;
    head = &s;
    s.listed = true;
  }

  void unlink(slab& s) {
    (s.previous ? s.previous->next : lists_[s.size_class]) = s.next;
    if (s.next) s.next->previous = s.previous;
    s.next = s.previous = nullptr;
    s.listed = false;
  }

  std::mutex mutex_;
  slab* lists_[frame_classes] = {};
};

slab_store& store() {
  // Never destroyed: frames may die in destructors of static objects.
  alignas(slab_store) static unsigned char memory[sizeof(slab_store)];
  static auto* instance = [] {
    free_in_children<store>();
    return new (memory) slab_store;
  }();
  return *instance;
}

constinit thread_local bool watching = false;

/// Memory for bookkeeping that a program which counts its allocations does not see.
template <class T>
struct apart {
  using value_type = T;
  apart() = default;
  template <class U>
  explicit(false) apart(const apart<U>&) noexcept {}
  T* allocate(std::size_t n) {
    if (void* p = std::malloc(n * sizeof(T))) return static_cast<T*>(p);
    throw std::bad_alloc();
  }
  void deallocate(T* p, std::size_t) noexcept { std::free(p); }
  friend bool operator==(const apart&, const apart&) noexcept { return true; }
};

// Entries of blocks that were freed stay until their address is used again.
struct watched_sizes {
  std::mutex mutex;
  std::unordered_map<const void*, std::size_t, std::hash<const void*>, std::equal_to<>,
                     apart<std::pair<const void* const, std::size_t>>>
      sizes;
};
std::mutex& watched_mutex();
watched_sizes& watched() {
  alignas(watched_sizes) static unsigned char memory[sizeof(watched_sizes)];
  static auto* never_destroyed = [] {
    free_in_children<watched_mutex>();
    return new (memory) watched_sizes;
  }();
  return *never_destroyed;
}
std::mutex& watched_mutex() { return watched().mutex; }
void* remember(void* block, std::size_t size) noexcept {
  std::memset(block, 0, size);
  std::lock_guard lock(watched().mutex);
  try {
    watched().sizes[block] = size;
  } catch (...) {  // out of memory: this one is not known
    watched().sizes.erase(block);
  }
  return block;
}

struct cache_flusher {
  ~cache_flusher() {
    if (watching) return;  // its lists are empty
    for (std::size_t c = 0; c < frame_classes; ++c)
      if (this_thread_frames.count[c]) store().drain(this_thread_frames, c, 0);
  }
  void arm() {}
};
thread_local cache_flusher flusher;

}  // namespace

void* allocate_frame_slow(std::size_t size) {
  std::size_t c = (size - 1) / frame_granularity;
  if (RONDO_SANITIZED || c >= frame_classes) {
    void* block = ::operator new(size, std::align_val_t(frame_granularity));
    return watching ? remember(block, size) : block;
  }
  flusher.arm();
  if (watching) {
    frame_cache one{};
    store().fill(one, c, 1);
    return remember(one.free[c], size);
  }
  frame_cache& cache = this_thread_frames;
  store().fill(cache, c);
  frame_block* b = cache.free[c];
  cache.free[c] = b->next;
  --cache.count[c];
  return b;
}

void free_frame_slow(void* block, std::size_t size) noexcept {
  std::size_t c = (size - 1) / frame_granularity;
  if (RONDO_SANITIZED || c >= frame_classes) {
    ::operator delete(block, std::align_val_t(frame_granularity));
    return;
  }
  flusher.arm();
  frame_cache& cache = this_thread_frames;
  auto* b = static_cast<frame_block*>(block);
  if (watching) {
    frame_cache one{};
    b->next = nullptr;
    one.free[c] = b;
    one.count[c] = 1;
    store().drain(one, c, 0);
    return;
  }
  b->next = cache.free[c];
  cache.free[c] = b;
  ++cache.count[c];
  store().drain(cache, c, frame_cache_limit - batch);
}

void watch_frames(bool on) noexcept {
  if (on == watching) return;
  // A thread that watches has empty lists that seem to be full: so the inline ways end
  // in the slow ones, and pay nothing else for it.
  frame_cache& cache = this_thread_frames;
  for (std::size_t c = 0; c < frame_classes; ++c) {
    if (on && cache.count[c]) store().drain(cache, c, 0);
    cache.count[c] = on ? frame_cache_limit : 0;
  }
  watching = on;
}

std::size_t watched_size(const void* block) noexcept {
  std::lock_guard lock(watched().mutex);
  auto found = watched().sizes.find(block);
  return found == watched().sizes.end() ? 0 : found->second;
}

}}}  // namespace rondo::v0::detail
