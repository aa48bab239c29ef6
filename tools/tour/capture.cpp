// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "tour/capture.hpp"

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <thread>
#include "detail/errno_error.hpp"

namespace tool {

namespace {

int check(int result, const char* operation) {
  if (result < 0) throw rondo::detail::errno_error(errno, operation);
  return result;
}

void show(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

std::string run_captured(void (*program)(), std::string_view prefix) {
  int ends[2];
  check(::pipe(ends), "pipe");
  std::fflush(stdout);
  int screen = check(::dup(STDOUT_FILENO), "dup");
  check(::dup2(ends[1], STDOUT_FILENO), "dup2");
  ::close(ends[1]);
  std::string output;
  std::thread reader([&] {
    std::string line;
    char c[512];
    for (ssize_t n; (n = ::read(ends[0], c, sizeof c)) > 0;) {
      for (ssize_t i = 0; i < n; ++i) {
        line += c[i];
        if (c[i] == '\n') {
          show(screen, std::string(prefix) + line);
          output += line;
          line.clear();
        }
      }
    }
    output += line;
  });
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // each line when it is printed
  program();
  std::fflush(stdout);
  ::dup2(screen, STDOUT_FILENO);  // the pipe's last writer goes: the reader ends
  reader.join();
  ::close(ends[0]);
  ::close(screen);
  return output;
}

}  // namespace tool
