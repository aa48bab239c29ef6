// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/errors.hpp>
#include <rondo/http/message/headers.hpp>

#include <gtest/gtest.h>

namespace http = rondo::http;

namespace {

TEST(http_headers, names_ignore_case_and_values_cannot_add_lines) {
  http::headers h;
  h.add("Content-Type", "text/html");
  EXPECT_EQ(h.get("content-TYPE"), "text/html");
  EXPECT_THROW(h.add("X", "a\r\nSet-Cookie: b"), rondo::usage_error);
  EXPECT_THROW(h.add("X Y", "a"), rondo::usage_error);
}

}  // namespace
