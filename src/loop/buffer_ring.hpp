// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>

#include <linux/io_uring.h>

namespace rondo { inline namespace v0 { namespace detail {

/// Memory that the kernel chooses from when data has come, so that a connection
/// that waits needs none of its own (IORING_REGISTER_PBUF_RING, Linux 5.19).
/// Made at its first use. When all buffers are out, a receive fails with ENOBUFS
/// and the receiver goes on with memory of its own.
class buffer_ring {
 public:
  static constexpr unsigned group = 0;
  static constexpr std::size_t buffer_size = 4096;

  buffer_ring() noexcept = default;
  buffer_ring(const buffer_ring&) = delete;
  buffer_ring& operator=(const buffer_ring&) = delete;
  /// The kernel lets go of the ring with the io_uring instance, which is closed
  /// before this.
  ~buffer_ring() {
    if (memory_ != MAP_FAILED) ::munmap(memory_, memory_size);
  }

  /// False: this kernel has none, or memory is short.
  bool open(int uring) noexcept {
    if (state_ != state::unused) return state_ == state::open;
    state_ = state::refused;
    memory_ =
        ::mmap(nullptr, memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) return false;
    ring_ = static_cast<io_uring_buf*>(memory_);
    buffers_ = static_cast<char*>(memory_) + ring_size;
    io_uring_buf_reg description{};
    description.ring_addr = reinterpret_cast<std::uint64_t>(ring_);
    description.ring_entries = count;
    description.bgid = group;
    if (::syscall(SYS_io_uring_register, uring, IORING_REGISTER_PBUF_RING, &description, 1) != 0)
      return false;
    state_ = state::open;
    for (unsigned i = 0; i < count; ++i) give_back(i);
    return true;
  }

  char* at(unsigned id) const noexcept { return buffers_ + id * buffer_size; }

  void give_back(unsigned id) noexcept {
    io_uring_buf& b = ring_[tail_ & (count - 1)];
    b.addr = reinterpret_cast<std::uint64_t>(at(id));
    b.len = buffer_size;
    b.bid = static_cast<std::uint16_t>(id);
    ++tail_;
    __atomic_store_n(&ring_->resv, tail_, __ATOMIC_RELEASE);
  }

 private:
  static constexpr unsigned count = 256;  // a power of two
  static constexpr std::size_t ring_size = count * sizeof(io_uring_buf);
  static constexpr std::size_t memory_size = ring_size + count * buffer_size;
  static_assert(ring_size % 4096 == 0);
  enum class state : unsigned char { unused, open, refused };

  void* memory_ = MAP_FAILED;
  /// The kernel's io_uring_buf_ring; its own type is laid out otherwise by C++
  /// compilers (an empty struct of C is not empty there). The tail is in the
  /// reserved field of the first entry.
  io_uring_buf* ring_ = nullptr;
  char* buffers_ = nullptr;
  std::uint16_t tail_ = 0;
  state state_ = state::unused;
};

}}}  // namespace rondo::v0::detail
