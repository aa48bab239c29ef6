// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rondo/coro/task.hpp>
#include <rondo/loop/time.hpp>

namespace tool {

/// Bytes in a second, over all that share it. What one takes, the next waits for.
class rate_limit {
 public:
  explicit rate_limit(double bytes_a_second) noexcept : rate_(bytes_a_second) {}
  rate_limit(const rate_limit&) = delete;
  rate_limit& operator=(const rate_limit&) = delete;

  /// Waits until so many bytes more are allowed. Cancelled: they count as taken.
  rondo::task<> take(std::uint64_t bytes);

 private:
  double rate_;
  rondo::time_point free_{};  // from then on
};

/// "500k", "1.5M", "2G", in bytes a second; the suffixes are powers of 1024, as for
/// curl and wget. Empty: it is no such thing, or less than 1k.
std::optional<double> parse_rate(std::string_view text);

}  // namespace tool
