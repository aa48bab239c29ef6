// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The command `rondo`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "loop/standard_fds.hpp"

#include "sql_databases.hpp"
#include "subcommand.hpp"

namespace {

constexpr tool::subcommand (*subcommands[])(CLI::App&) = {
    tool::add_compare, tool::add_completions, tool::add_crawl,
    tool::add_get,     tool::add_manual,      tool::add_serve,
#if RONDO_HAS_PG || RONDO_HAS_SQLITE
    tool::add_sql,
#endif
    tool::add_tour,
};

int run(int argc, char** argv) {
  CLI::App app("Rondo: Python's asyncio for C++20", "rondo");
  app.set_version_flag("--version", "rondo " RONDO_VERSION);
  app.require_subcommand(1);
  std::vector<tool::subcommand> known;
  for (auto* add : subcommands) known.push_back(add(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? tool::exit_ok : tool::exit_usage;
  }
  for (auto& s : known) {
    if (s.options->parsed()) return s.run();
  }
  return tool::exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  rondo::detail::occupy_standard_fds();  // before any file is opened
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rondo: %s\n", e.what());
    return tool::exit_failed;
  }
}
