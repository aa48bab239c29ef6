// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/rate_limit.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <rondo/loop/sleep.hpp>

namespace tool {

rondo::task<> rate_limit::take(std::uint64_t bytes) {
  rondo::time_point now = rondo::now();
  std::chrono::duration<double> needed(static_cast<double>(bytes) / rate_);
  free_ = std::max(free_, now) + std::chrono::duration_cast<std::chrono::nanoseconds>(needed);
  rondo::delay pause = free_ - now;
  co_await rondo::sleep(pause);
}

std::optional<double> parse_rate(std::string_view text) {
  double rate = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, rate, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  constexpr double k = 1024;
  if (suffix == "k" || suffix == "K") {
    rate *= k;
  } else if (suffix == "M" || suffix == "m") {
    rate *= k * k;
  } else if (suffix == "G" || suffix == "g") {
    rate *= k * k * k;
  } else if (!suffix.empty()) {
    return std::nullopt;
  }
  // Slower, one piece of a body would take longer than a silent server may.
  constexpr double most = 1e15;
  if (!(rate >= k && rate <= most)) return std::nullopt;
  return rate;
}

}  // namespace tool
