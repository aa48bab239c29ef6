// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// Whether a client is slower than it may be. A limit for each piece alone would let it
/// hold its connection for ever with a byte now and then (slowhttptest -B and -X). As
/// Apache's mod_reqtimeout and Kestrel do, each byte buys some time, and the beginning is free.
class least_rate {
 public:
  least_rate(std::size_t bytes_a_second, delay in_advance) noexcept
      : rate_(bytes_a_second),
        in_advance_(in_advance.endless() || bytes_a_second == 0 ? -1 : in_advance.count()) {}

  /// So many bytes in so much time.
  bool too_slow(std::uint64_t bytes, std::int64_t nanoseconds) const noexcept {
    if (in_advance_ < 0 || nanoseconds <= in_advance_) return false;
    double seconds = static_cast<double>(nanoseconds - in_advance_) / 1e9;
    return static_cast<double>(bytes) < seconds * static_cast<double>(rate_);
  }

 private:
  std::size_t rate_;
  std::int64_t in_advance_;  // negative: no limit
};

}}}  // namespace rondo::v0::http::detail
