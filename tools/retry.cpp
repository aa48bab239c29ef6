// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "retry.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>

#include <rondo/http/date.hpp>

namespace tool {

namespace {

namespace http = rondo::http;
constexpr std::uint64_t longest_wait = 60;  // seconds, whatever Retry-After says

double random_between(double low, double high) {
  static std::minstd_rand generator(std::random_device{}());
  return std::uniform_real_distribution<double>(low, high)(generator);
}

}  // namespace

bool worth_retrying(int status) {
  switch (status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

bool worth_retrying(http::failure why) {
  return why == http::failure::connect || why == http::failure::cut ||
         why == http::failure::timeout;
}

rondo::delay pause_before_retry(rondo::delay first, int failures) {
  double seconds = static_cast<double>(first.count()) * 1e-9;
  seconds = std::min(seconds * static_cast<double>(1u << std::min(failures, 16)), 60.0);
  return std::chrono::duration<double>(seconds * random_between(0.5, 1));
}

std::optional<rondo::delay> retry_after(const http::headers& fields) {
  const std::string* text = fields.find("retry-after");
  if (!text) return std::nullopt;
  std::uint64_t seconds = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) {
    auto date = http::parse_date(*text);
    if (!date) return std::nullopt;
    auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (*date - now).count()));
  }
  return rondo::delay(std::chrono::seconds(std::min(seconds, longest_wait)));
}

std::string cause_of(const http::http_error& e, const std::string& url) {
  std::string_view what = e.what();
  std::string prefix = "GET " + url + ": ";
  if (what.starts_with(prefix)) what.remove_prefix(prefix.size());
  return std::string(what);
}

}  // namespace tool
