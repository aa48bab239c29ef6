// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/retry_policy.hpp>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include <rondo/http/message/date.hpp>

namespace {

namespace http = rondo::http;
using namespace std::chrono_literals;

std::optional<rondo::delay> asked(std::string value) {
  http::headers fields;
  fields.add("Retry-After", std::move(value));
  return http::retry_after(fields);
}

TEST(http_client_retry_policy, what_may_pass) {
  for (int status : {408, 429, 500, 502, 503, 504})
    EXPECT_TRUE(http::is_transient(status)) << status;
  for (int status : {200, 301, 400, 401, 404, 501, 505})
    EXPECT_FALSE(http::is_transient(status)) << status;
  EXPECT_TRUE(http::is_transient(http::failure::cut));
  EXPECT_FALSE(http::is_transient(http::failure::tls));
  EXPECT_FALSE(http::is_transient(http::failure::unknown_host));
}

TEST(http_client_retry_policy, retry_after_in_seconds) {
  EXPECT_FALSE(http::retry_after(http::headers()));
  EXPECT_EQ(asked("0")->nanoseconds(), 0s);
  EXPECT_EQ(asked("120")->nanoseconds(), 120s);
  EXPECT_TRUE(asked("99999999999999999999999")->endless());
  for (const char* malformed : {"", "-1", "+1", "1.5", "1 s", "soon"})
    EXPECT_FALSE(asked(malformed)) << malformed;
}

TEST(http_client_retry_policy, retry_after_as_a_date) {
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  auto hour = asked(http::format_date(now + 1h));
  ASSERT_TRUE(hour);
  EXPECT_LE(hour->nanoseconds(), 1h);
  EXPECT_GT(hour->nanoseconds(), 30min);
  EXPECT_EQ(asked("Sun, 06 Nov 1994 08:49:37 GMT")->nanoseconds(), 0s);
  EXPECT_FALSE(asked("Mon, 06 Nov 1994 08:49:37 GMT"));  // it was a Sunday
}

TEST(http_client_retry_policy, waits_double_and_are_random) {
  http::retry_policy policy{.first_wait = 100ms, .longest_wait = 1s};
  std::chrono::nanoseconds full = 100ms;
  for (int failures = 1; failures < 80; ++failures) {
    auto wait = policy.wait_after(failures).nanoseconds();
    EXPECT_GE(wait, full / 2) << failures;
    EXPECT_LE(wait, full) << failures;
    full = std::min<std::chrono::nanoseconds>(full * 2, 1s);
  }
  EXPECT_NE(policy.wait_after(1).count(), policy.wait_after(1).count());
}

}  // namespace
