// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

// What of a command line is for its users: of this the manual page and the shells'
// completions are made.
namespace tool {

/// The subcommands that --help shows.
inline std::vector<const CLI::App*> shown_commands(const CLI::App& rondo) {
  return rondo.get_subcommands([](const CLI::App* s) { return !s->get_group().empty(); });
}

/// The options that --help shows, those without a dash first.
inline std::vector<const CLI::Option*> shown_options(const CLI::App& app) {
  auto all = app.get_options(
      [](const CLI::Option* o) { return o->get_positional() && !o->get_group().empty(); });
  auto named = app.get_options(
      [](const CLI::Option* o) { return !o->get_positional() && !o->get_group().empty(); });
  all.insert(all.end(), named.begin(), named.end());
  return all;
}

/// How --help calls an option's value; empty for one that takes none.
inline std::string value_name(const CLI::Option& o) {
  if (o.get_items_expected_max() == 0 || o.get_type_size() == 0) return {};
  std::string name = o.get_type_name();  // and behind a colon what is checked
  return name.substr(0, name.find(':'));
}

}  // namespace tool
