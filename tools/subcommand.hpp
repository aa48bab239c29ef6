// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace tool {

enum exit_code : int { exit_ok = 0, exit_failed = 1, exit_usage = 2 };

/// `rondo NAME`: its options, and what to do once they are parsed. Gives the
/// exit code of the process.
struct subcommand {
  CLI::App* options;
  std::function<int()> run;
};

// Each adds itself to the application.
subcommand add_compare(CLI::App& rondo);
subcommand add_completions(CLI::App& rondo);
subcommand add_crawl(CLI::App& rondo);
subcommand add_get(CLI::App& rondo);
subcommand add_manual(CLI::App& rondo);
subcommand add_serve(CLI::App& rondo);
subcommand add_sql(CLI::App& rondo);
subcommand add_tour(CLI::App& rondo);

}  // namespace tool
