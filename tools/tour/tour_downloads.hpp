// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <rondo/coro/task.hpp>

namespace tool {

struct shown_downloads {
  bool hashes_match = false;
  double seconds = 0;
  std::string task_tree;  ///< taken in the middle
};

/// Serves three files that take two seconds each, and fetches them together with
/// bars.
rondo::task<shown_downloads> show_downloads();

}  // namespace tool
