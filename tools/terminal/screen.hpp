// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tool {

/// Whether lines can be drawn there again and again: a terminal that is not a dumb one.
bool can_draw_on(int fd);

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
/// Asked for at each redraw, so a resized window needs no signal.
screen_size size_of_screen(int fd);

/// A bar or a sentence across a wide screen is hard to read.
constexpr std::size_t widest_line = 100;

}  // namespace tool
