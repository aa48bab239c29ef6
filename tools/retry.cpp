// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "retry.hpp"

#include <algorithm>
#include <chrono>

#include <rondo/http/client/retry_policy.hpp>

namespace tool {

rondo::delay pause_before_retry(rondo::delay first, int failures,
                                std::optional<rondo::delay> asked) {
  constexpr std::chrono::nanoseconds longest = std::chrono::minutes(1);
  if (asked) return std::min(asked->nanoseconds(), longest);
  rondo::http::retry_policy policy;
  policy.first_wait = first;
  policy.longest_wait = longest;
  return policy.wait_after(failures + 1);
}

}  // namespace tool
