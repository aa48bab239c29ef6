// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/retry_policy.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <rondo/http/message/date.hpp>
#include "loop/backoff.hpp"

namespace rondo { inline namespace v0 { namespace http {

bool is_transient(failure why) noexcept {
  return why == failure::connect || why == failure::cut || why == failure::timeout;
}

bool is_transient(int status) noexcept {
  for (int passing : {408, 429, 500, 502, 503, 504})
    if (status == passing) return true;
  return false;
}

std::optional<delay> retry_after(const headers& from) {
  const std::string* text = from.find("Retry-After");
  if (!text) return std::nullopt;
  std::uint64_t seconds = 0;
  const char* end = text->data() + text->size();
  auto [stopped, error] = std::from_chars(text->data(), end, seconds);
  bool is_number = stopped == end && error != std::errc::invalid_argument;
  if (is_number) {
    constexpr std::uint64_t longest = INT64_MAX;
    if (error != std::errc()) seconds = longest;
    return delay(std::chrono::seconds(std::min(seconds, longest)));
  }
  auto date = parse_date(*text);
  if (!date) return std::nullopt;
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return delay(std::max(*date - now, std::chrono::seconds(0)));
}

delay retry_policy::wait_after(int failures) const {
  return rondo::detail::backoff(first_wait, longest_wait, failures);
}

}}}  // namespace rondo::v0::http
