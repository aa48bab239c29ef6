// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "terminal/screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <string_view>

namespace tool {

bool can_draw_on(int fd) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(fd) && terminal && *terminal && std::string_view(terminal) != "dumb";
}

screen_size size_of_screen(int fd) {
  screen_size size;
  winsize w{};
  if (::ioctl(fd, TIOCGWINSZ, &w) == 0) {
    if (w.ws_col > 0) size.columns = w.ws_col;
    if (w.ws_row > 0) size.rows = w.ws_row;
  }
  return size;
}

}  // namespace tool
