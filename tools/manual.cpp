// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// `rondo manual`: the manual page, rondo.1, whose options are those that there are. The
// build calls it.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <string>

#include "command_line.hpp"
#include "subcommand.hpp"

namespace tool {

namespace {

/// As roff wants it: hyphens that can be searched for, no line that begins with a dot.
std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else if ((c == '.' || c == '\'') && out.empty())
      out += {'\\', '&', c};
    else
      out += c;
  }
  return out;
}

void print_option(const CLI::Option& o) {
  std::string names;
  if (o.get_positional()) {
    names = "\\fI" + roff(o.get_name()) + "\\fR";
  } else {
    for (const std::string& name : o.get_snames())
      names += (names.empty() ? "" : ", ") + ("\\fB\\-" + roff(name) + "\\fR");
    for (const std::string& name : o.get_lnames())
      names += (names.empty() ? "" : ", ") + ("\\fB\\-\\-" + roff(name) + "\\fR");
    std::string value = value_name(o);
    if (!value.empty()) names += " \\fI" + roff(value) + "\\fR";
  }
  fmt::print(".TP\n{}\n{}\n", names, roff(o.get_description()));
}

int run(const CLI::App& rondo) {
  fmt::print(
      ".TH RONDO 1 \"\" \"rondo {}\" \"User Commands\"\n.SH NAME\n"
      "rondo \\- downloader, crawler and file server on Python's asyncio for C++20\n"
      ".SH SYNOPSIS\n",
      RONDO_VERSION);
  auto commands = shown_commands(rondo);
  for (const CLI::App* c : commands) {
    fmt::print(".B rondo {}\n[\\fIoptions\\fR]", c->get_name());
    for (const CLI::Option* o : shown_options(*c)) {
      if (!o->get_positional()) continue;
      fmt::print("{}\\fI{}\\fR{}", o->get_required() ? " " : " [", roff(o->get_name()),
                 o->get_required() ? "" : "]");
    }
    fmt::print("\n.br\n");
  }
  fmt::print(
      ".SH DESCRIPTION\n"
      "Each command does its work with as many tasks as its options allow, in one thread.\n"
      "Errors are one line on standard error, which names the subject and the cause.\n"
      ".SH COMMANDS\n");
  for (const CLI::App* c : commands) {
    fmt::print(".SS rondo {}\n{}.\n", c->get_name(), roff(c->get_description()));
    for (const CLI::Option* o : shown_options(*c)) print_option(*o);
  }
  fmt::print(
      ".SH EXIT STATUS\n0 when all was done, 1 when something failed, 2 for a mistake on the "
      "command line;\n"
      "what a command adds to that stands in its page of the documentation. Ctrl\\-C and\n"
      "SIGTERM end the process by their signal.\n"
      ".SH ENVIRONMENT\n"
      ".TP\n\\fBhttp_proxy\\fR, \\fBhttps_proxy\\fR, \\fBall_proxy\\fR, \\fBno_proxy\\fR\n"
      "Proxies of \\fBget\\fR and \\fBcrawl\\fR.\n"
      ".TP\n\\fBRONDO_BACKEND\\fR\n\\fBuring\\fR or \\fBepoll\\fR; without it io_uring where it "
      "can be used.\n"
      ".TP\n\\fBRONDO_DEBUG\\fR\n1 turns on the library's checks and reports.\n");
  return exit_ok;
}

}  // namespace

subcommand add_manual(CLI::App& rondo) {
  CLI::App* app = rondo.add_subcommand("manual", "Print the manual page, rondo.1");
  app->group("");  // not in --help
  return {app, [&rondo] { return run(rondo); }};
}

}  // namespace tool
