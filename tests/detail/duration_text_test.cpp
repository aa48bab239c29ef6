// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "detail/duration_text.hpp"

#include <gtest/gtest.h>

using namespace std::chrono_literals;

namespace {

TEST(duration_text, is_short_and_readable_at_every_length) {
  using rondo::detail::duration_text;
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(duration_text(1ns), "0.001us");
  EXPECT_EQ(duration_text(50us), "50us");
  EXPECT_EQ(duration_text(1ms - 1ns), "999.999us");
  EXPECT_EQ(duration_text(1ms), "0.001s");
  EXPECT_EQ(duration_text(50ms), "0.05s");
  EXPECT_EQ(duration_text(1s), "1s");
  EXPECT_EQ(duration_text(2500ms), "2.5s");
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(2min), "2m");
  EXPECT_EQ(duration_text(150'900ms), "2m30s");
  EXPECT_EQ(duration_text(1h + 30min), "1h30m");
  EXPECT_EQ(duration_text(2h), "2h");
  EXPECT_EQ(duration_text(50h + 1s), "50h1s");
  EXPECT_EQ(duration_text(-2s), "-2s");
}

}  // namespace
