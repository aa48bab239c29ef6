// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace tool {

/// Bytes of a file from the first on, up to and without the end.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  bool empty() const noexcept { return first >= end; }
  std::uint64_t size() const noexcept { return empty() ? 0 : end - first; }
};

/// Which bytes of a file are there.
class range_set {
 public:
  void add(byte_range r);
  void remove(byte_range r);
  void clear() noexcept { ranges_.clear(); }

  /// How many in all.
  std::uint64_t bytes() const noexcept;
  /// How many from the file's beginning on, up to the first that is missing.
  std::uint64_t prefix() const noexcept;
  /// The first that are missing of a file of so many bytes; empty: none are.
  byte_range first_gap(std::uint64_t total) const noexcept;
  /// In their order; none touches another.
  const std::vector<byte_range>& ranges() const noexcept { return ranges_; }

 private:
  std::vector<byte_range> ranges_;
};

}  // namespace tool
