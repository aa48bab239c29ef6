// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What subcommands with options have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <rondo/coro/errors.hpp>
#include <rondo/loop/run.hpp>

#include "subcommand.hpp"

namespace tool {

/// A mistake on the command line.
class usage_mistake : public rondo::error {
 public:
  using error::error;
};

/// Does the work. What it throws is said (`rondo get: …`) and becomes an exit code.
int exit_code_of(const std::string& name, const std::function<int()>& work);

/// Runs a program that Ctrl-C and SIGTERM end.
template <class T>
T run_until_told(rondo::task<T> program) {
  rondo::run_options how;
  how.terminate = true;
  return rondo::run(std::move(program), how);
}

inline rondo::delay seconds(double s) { return std::chrono::duration<double>(s); }

/// `rondo NAME`, whose options are fields of an Options.
template <class Options>
subcommand add_command(CLI::App& rondo, const char* name, const char* about,
                       void (*add_options)(CLI::App&, Options&), int (*work)(Options&)) {
  auto options = std::make_shared<Options>();
  CLI::App* app = rondo.add_subcommand(name, about);
  add_options(*app, *options);
  return {app, [=] { return exit_code_of(name, [&] { return work(*options); }); }};
}

/// An option with a value that --help calls so.
template <class T>
CLI::Option* add_value(CLI::App& app, const char* names, T& field, const char* value,
                       const char* about) {
  return app.add_option(names, field, about)->type_name(value);
}
/// The same for a number within bounds.
template <class T, class Bound>
CLI::Option* add_number(CLI::App& app, const char* names, T& field, Bound least, Bound most,
                        const char* about, const char* value = "N") {
  return add_value(app, names, field, value, about)->check(CLI::Range(least, most));
}
inline CLI::Option* add_seconds(CLI::App& app, const char* names, double& field, double least,
                                double most, const char* about) {
  return add_number(app, names, field, least, most, about, "SECONDS");
}

}  // namespace tool
