// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <rondo/coro/task.hpp>

#include "compare/compare_work.hpp"

namespace tool {

struct measured_work {
  work_kind kind;
  work_way way;
  work_cost cost;
};

struct comparison {
  int requests = 0;
  int limit = 0;
  std::vector<measured_work> all;

  /// Every way gave the same, right result.
  bool agrees() const;
  /// A table for a terminal, and what it says.
  std::string table() const;
  /// The same as a picture (SVG).
  std::string picture() const;
};

/// Does both kinds of work in each way, each in a process of its own, one after
/// the other.
rondo::task<comparison> compare(int requests, int limit);

}  // namespace tool
