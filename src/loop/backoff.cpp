// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/backoff.hpp"

#include <algorithm>
#include <random>

#include "coro/fork.hpp"

namespace rondo { inline namespace v0 { namespace detail {

delay backoff(delay first, delay longest, int failures) {
  thread_local std::minstd_rand generator(std::random_device{}());
  thread_local unsigned forks = fork_count();
  if (forked_since(forks)) generator.seed(std::random_device{}());
  double doublings = static_cast<double>(1u << std::clamp(failures - 1, 0, 30));
  double wait = std::min(static_cast<double>(first.count()) * doublings,
                         static_cast<double>(longest.count()));
  wait *= std::uniform_real_distribution<double>(0.5, 1)(generator);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(wait));
}

}}}  // namespace rondo::v0::detail
