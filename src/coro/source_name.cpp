// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/source_name.hpp>

#include <algorithm>
#include <string_view>

namespace rondo { inline namespace v0 { namespace detail {

std::string coroutine_name(const char* pretty_function) {
  std::string_view s = pretty_function;
  // "... [with T = int]" (g++) or "... [T = int]" (clang)
  if (std::size_t at = s.rfind(" ["); at != s.npos && s.back() == ']') s = s.substr(0, at);
  // clang from 20 on, g++, clang before
  std::size_t closure = s.npos;
  for (const char* spelling : {"(lambda)", "<lambda", "(anonymous class)"})
    closure = std::min(closure, s.find(spelling));
  bool lambda = closure != s.npos;
  if (lambda) {  // name the function that it stands in
    s = s.substr(0, closure);
    while (s.ends_with(':')) s.remove_suffix(1);
  }
  for (std::string_view suffix : {" const", " &", " &&", " noexcept"})
    if (s.ends_with(suffix)) s.remove_suffix(suffix.size());
  if (s.ends_with(')')) {  // drop the parameters: back to the bracket that opens them
    int depth = 0;
    std::size_t at = s.size();
    while (at-- > 0) {
      if (s[at] == ')') ++depth;
      if (s[at] == '(' && --depth == 0) break;
    }
    if (at < s.size()) s = s.substr(0, at);
  }
  // drop the return type: from the last space outside of brackets
  int depth = 0;
  for (std::size_t at = s.size(); at-- > 0;) {
    char c = s[at];
    if (c == '>' || c == ')' || c == '}') ++depth;
    if (c == '<' || c == '(' || c == '{') --depth;
    if (c == ' ' && depth == 0) {
      s = s.substr(at + 1);
      break;
    }
  }
  std::string name(s);
  for (const char* hidden : {"(anonymous namespace)::", "{anonymous}::", "v0::"})
    while (true) {
      std::size_t at = name.find(hidden);
      if (at == name.npos) break;
      name.erase(at, std::string_view(hidden).size());
    }
  // What runs something of the user's that is no coroutine.
  if (name == "rondo::detail::run_foreign") name = "foreign awaitable";
  if (name == "rondo::detail::run_call") name = "async_generator::next";
  if (name == "rondo::detail::run_plain_body") name = "body of a task_group";
  if (name.empty()) name = "task";
  return lambda ? "lambda in " + name : name;
}

std::string short_location(const code_place& where) {
  std::string_view file = where.file;
  if (std::size_t slash = file.rfind('/'); slash != file.npos) file = file.substr(slash + 1);
  return std::string(file) + ":" + std::to_string(where.line);
}

}}}  // namespace rondo::v0::detail
