// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace test {

/// Threads of connections that this process has.
inline int sqlite_threads() {
  int n = 0;
  for (const auto& t : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream name(t.path() / "comm");
    std::string line;
    std::getline(name, line);
    n += line.starts_with("sqlite-");
  }
  return n;
}

/// Puts 1, 2, … n into table t, one statement.
inline std::string slow_insert(long n) {
  return "with recursive c(x) as (values(1) union all select x + 1 from c where x < " +
         std::to_string(n) + ") insert into t select x from c";
}
/// Counts to n.
inline std::string slow_select(long n) {
  return "with recursive c(x) as (values(1) union all select x + 1 from c where x < " +
         std::to_string(n) + ") select count(*) from c";
}
constexpr long for_ever = 1'000'000'000'000;

}  // namespace test
