// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The examples as they stand, each in a namespace of its own, with main renamed:
// `int main() {…}` becomes a declaration that nobody uses and `void run_example()
// {…}`, because only a real main may end without a return. What they include is
// included here first, at the top level.
#include "tour/tour_examples.hpp"

#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

#include "tour_sources.hpp"

#define main \
  unused();  \
  inline void run_example
namespace greet {
#include "../../examples/01_greet.cpp"
}
namespace sleeping {
#include "../../examples/02_sleep.cpp"
}
namespace gathered {
#include "../../examples/03_gather.cpp"
}
namespace event_loop {
#include "../../examples/04_event_loop.cpp"
}
namespace return_value {
#include "../../examples/05_return_value.cpp"
}
namespace downloader {
#include "../../examples/06_downloader.cpp"
}
#undef main

namespace tool {

const std::vector<example>& tutorial_examples() {
  static const std::vector<example> all{
      {"examples/01_greet.cpp", source_01_greet, greet::run_example,
       "Nothing was printed yet\nHello\n", 0.0},
      {"examples/02_sleep.cpp", source_02_sleep, sleeping::run_example, "Hello\nWorld\n", 2.0},
      {"examples/03_gather.cpp", source_03_gather, gathered::run_example,
       "Task 1 completed\nTask 2 completed\n", 2.0},
      {"examples/04_event_loop.cpp", source_04_event_loop, event_loop::run_example,
       "No loop yet\nThe loop runs main\nThe loop calls a function\nThe loop runs main "
       "again\nThe loop is closed\n",
       0.0},
      {"examples/05_return_value.cpp", source_05_return_value, return_value::run_example, "10\n",
       1.0},
      {"examples/06_downloader.cpp", source_06_downloader, downloader::run_example,
       "Downloading file1\nDownloading file2\nDownloading file3\nfile1 downloaded\nfile2 "
       "downloaded\nfile3 downloaded\n",
       2.0},
  };
  return all;
}

}  // namespace tool
