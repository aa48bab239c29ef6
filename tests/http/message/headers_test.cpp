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

TEST(http_headers, every_control_character_is_found_wherever_it_stands) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, 'a');
        value[at] = static_cast<char>(byte);
        bool allowed = byte == '\t' || (byte >= ' ' && byte != 0x7f);
        ASSERT_EQ(http::is_field_value(value), allowed)
            << "byte " << byte << " at " << at << " of " << size;
      }
    }
  }
}

}  // namespace
