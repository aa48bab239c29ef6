// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <rondo/rondo.hpp>
#include <rondo/testing/run_virtual.hpp>

namespace test {

using namespace std::chrono_literals;

/// Runs main on the backend that RONDO_BACKEND names (ctest runs each program
/// once per backend). For what needs no waiting, or real I/O.
template <class Main>
auto run(Main&& main, rondo::run_options options = {}) {
  options.interrupt = rondo::on_interrupt::leave_alone;
  return rondo::run(std::forward<Main>(main), options);
}

using rondo::testing::run_virtual;

/// What happened, in order: tests compare it as a whole.
struct journal {
  std::vector<std::string> lines;
  void say(std::string line) { lines.push_back(std::move(line)); }
};

/// Says `~name` when it dies: proves that destructors have run, and when.
struct witness {
  journal& to;
  std::string name;
  witness(journal& j, std::string n) : to(j), name(std::move(n)) {}
  witness(const witness&) = delete;
  ~witness() { to.say("~" + name); }
};

}  // namespace test
