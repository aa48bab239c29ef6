// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// `rondo completions SHELL`: what a shell needs to complete the command's words, from
// the options themselves.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "subcommand.hpp"

namespace tool {

namespace {

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* o : shown_options(app)) {
    for (const std::string& name : o->get_lnames()) words += " --" + name;
    for (const std::string& name : o->get_snames()) words += " -" + name;
  }
  return words.empty() ? words : words.substr(1);
}

std::string names_of(const std::vector<const CLI::App*>& commands, const char* between) {
  std::string names;
  for (const CLI::App* c : commands) names += (names.empty() ? "" : between) + c->get_name();
  return names;
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

/// For zsh, which takes brackets and colons for its own.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void print_bash(const CLI::App& rondo) {
  auto commands = shown_commands(rondo);
  fmt::print(
      "# bash completion for rondo\n_rondo() {{\n"
      "  local word command= options=\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case $word in {}) command=$word; break ;; esac\n  done\n"
      "  case $command in\n    '') options='{} {}' ;;\n",
      names_of(commands, "|"), names_of(commands, " "), words_of(rondo));
  for (const CLI::App* c : commands)
    fmt::print("    {}) options='{}' ;;\n", c->get_name(), words_of(*c));
  fmt::print(
      "  esac\n"
      "  if [[ -z $command || ${{COMP_WORDS[COMP_CWORD]}} == -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"${{COMP_WORDS[COMP_CWORD]}}\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"${{COMP_WORDS[COMP_CWORD]}}\")\n  fi\n}}\n"
      "complete -o filenames -F _rondo rondo\n");
}

void print_zsh(const CLI::App& rondo) {
  auto commands = shown_commands(rondo);
  fmt::print("#compdef rondo\n_rondo() {{\n  local -a commands\n  commands=(\n");
  for (const CLI::App* c : commands)
    fmt::print("    {}\n", in_quotes(c->get_name() + ":" + c->get_description()));
  fmt::print(
      "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n"
      "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n");
  for (const CLI::App* c : commands) {
    fmt::print("    {}) _arguments", c->get_name());
    for (const CLI::Option* o : shown_options(*c)) {
      std::string value = value_name(*o);
      std::string text = "[" + escaped(o->get_description()) + "]" +
                         (value.empty() ? "" : ":" + value + ":_files");
      for (const std::string& name : o->get_lnames())
        fmt::print(" \\\n      {}", in_quotes("*--" + name + text));
      for (const std::string& name : o->get_snames())
        fmt::print(" \\\n      {}", in_quotes("*-" + name + text));
    }
    fmt::print(" \\\n      '*:file:_files' ;;\n");
  }
  fmt::print("  esac\n}}\n_rondo \"$@\"\n");
}

void print_fish(const CLI::App& rondo) {
  auto commands = shown_commands(rondo);
  fmt::print("# fish completion for rondo\n");
  for (const CLI::App* c : commands)
    fmt::print("complete -c rondo -f -n __fish_use_subcommand -a {} -d {}\n", c->get_name(),
               in_quotes(c->get_description()));
  for (const CLI::App* c : commands) {
    for (const CLI::Option* o : shown_options(*c)) {
      if (o->get_positional()) continue;
      fmt::print("complete -c rondo -n '__fish_seen_subcommand_from {}'", c->get_name());
      for (const std::string& name : o->get_snames()) fmt::print(" -s {}", name);
      for (const std::string& name : o->get_lnames()) fmt::print(" -l {}", name);
      fmt::print("{} -d {}\n", value_name(*o).empty() ? "" : " -r",
                 in_quotes(o->get_description()));
    }
  }
}

int run(const CLI::App& rondo, const std::string& shell) {
  if (shell == "bash") print_bash(rondo);
  if (shell == "zsh") print_zsh(rondo);
  if (shell == "fish") print_fish(rondo);
  return exit_ok;
}

}  // namespace

subcommand add_completions(CLI::App& rondo) {
  auto shell = std::make_shared<std::string>();
  CLI::App* app =
      rondo.add_subcommand("completions", "Print what a shell needs to complete rondo's words");
  app->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return {app, [&rondo, shell] { return run(rondo, *shell); }};
}

}  // namespace tool
