// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

class request;

/// Who waits for the answers to come, in their order: an entry for each command that was
/// sent. Entries have numbers that go on for ever, so whoever leaves finds his own. A ring
/// that grows, and is kept.
class answer_row {
 public:
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  bool empty() const noexcept { return begin_ == end_; }
  /// The number of the first entry, and that of the next to be added.
  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t end() const noexcept { return end_; }
  request*& operator[](std::uint64_t number) noexcept {
    return ring_[static_cast<std::size_t>(number) & (ring_.size() - 1)];
  }

  /// Room for so many more. Throws std::bad_alloc.
  void reserve(std::size_t more) {
    std::size_t wanted = size() + more;
    if (wanted <= ring_.size()) return;
    std::size_t grown = ring_.empty() ? 64 : ring_.size();
    while (grown < wanted) grown *= 2;
    std::vector<request*> bigger(grown);
    for (std::uint64_t n = begin_; n != end_; ++n)
      bigger[static_cast<std::size_t>(n) & (grown - 1)] = (*this)[n];
    ring_.swap(bigger);
  }
  /// There is room for it.
  void push(request* r) noexcept { (*this)[end_++] = r; }
  void pop() noexcept { ++begin_; }
  /// Without the last ones.
  void truncate(std::uint64_t end) noexcept { end_ = end; }
  void clear() noexcept { begin_ = end_; }

 private:
  std::vector<request*> ring_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
};

}}}}  // namespace rondo::v0::redis::detail
