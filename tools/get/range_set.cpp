// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/range_set.hpp"

#include <algorithm>

namespace tool {

void range_set::add(byte_range r) {
  if (r.empty()) return;
  auto touched = std::lower_bound(ranges_.begin(), ranges_.end(), r.first,
                                  [](const byte_range& b, std::uint64_t at) { return b.end < at; });
  auto behind = touched;
  for (; behind != ranges_.end() && behind->first <= r.end; ++behind) {
    r.first = std::min(r.first, behind->first);
    r.end = std::max(r.end, behind->end);
  }
  if (touched == behind) {
    ranges_.insert(touched, r);
  } else {
    *touched = r;
    ranges_.erase(touched + 1, behind);
  }
}

void range_set::remove(byte_range r) {
  if (r.empty()) return;
  std::vector<byte_range> left;
  for (const byte_range& b : ranges_) {
    byte_range before{b.first, std::min(b.end, r.first)};
    byte_range after{std::max(b.first, r.end), b.end};
    if (!before.empty()) left.push_back(before);
    if (!after.empty()) left.push_back(after);
  }
  ranges_ = std::move(left);
}

std::uint64_t range_set::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const byte_range& b : ranges_) sum += b.size();
  return sum;
}

std::uint64_t range_set::prefix() const noexcept {
  return !ranges_.empty() && ranges_[0].first == 0 ? ranges_[0].end : 0;
}

byte_range range_set::first_gap(std::uint64_t total) const noexcept {
  byte_range gap{prefix(), total};
  std::size_t next = gap.first > 0 ? 1 : 0;
  if (next < ranges_.size()) gap.end = std::min(total, ranges_[next].first);
  return gap;
}

}  // namespace tool
