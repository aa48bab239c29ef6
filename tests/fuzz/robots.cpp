// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A path, a line break, a robots.txt: what it says does not depend on the kind of its line
// ends nor on groups for others, and a rule fits where a plain search says that it fits.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "crawl/robots.hpp"

namespace {

using tool::robots;

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

/// Whether a pattern fits, by a table of all its beginnings and all of the path's.
bool fits(std::string_view pattern, std::string_view path) {
  bool whole = pattern.ends_with('$');
  if (whole) pattern.remove_suffix(1);
  std::vector<bool> reached(path.size() + 1);
  reached[0] = true;
  for (char c : pattern) {
    std::vector<bool> next(path.size() + 1);
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (c == '*') next[i] = reached[i] || (i > 0 && next[i - 1]);
      if (c != '*' && i > 0) next[i] = reached[i - 1] && path[i - 1] == c;
    }
    reached = next;
  }
  if (whole) return reached.back();
  return std::find(reached.begin(), reached.end(), true) != reached.end();
}

bool is_of(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

bool same(const robots& a, const robots& b, std::string_view target) {
  return a.allows(target) == b.allows(target) &&
         a.crawl_delay().has_value() == b.crawl_delay().has_value() &&
         (!a.crawl_delay() || a.crawl_delay()->nanoseconds() == b.crawl_delay()->nanoseconds());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = std::min(text.find('\n'), text.size());
  std::string target(text.substr(0, line));
  text.remove_prefix(std::min(line + 1, text.size()));
  while (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);

  robots rules = robots::parse(text, "rondo");
  if (rules.crawl_delay()) require(rules.crawl_delay()->nanoseconds() <= std::chrono::minutes(1));
  std::string other_ends, others = "User-agent: somebody-else\nDisallow: /\nCrawl-delay: 7\n";
  for (char c : text) other_ends += c == '\n' ? std::string("\r\n") : std::string(1, c);
  require(same(rules, robots::parse(other_ends, "rondo"), target));
  require(same(rules, robots::parse(others + std::string(text), "rondo"), target));
  require(rules.allows("/robots.txt"));
  require(tool::forbids_following(text, "rondo") ==
          tool::forbids_following(std::string(text) + ",", "rondo"));

  std::string_view pattern = text.substr(0, text.find('\n'));
  if (is_of(target, "abcxyz/") && target[0] == '/' && is_of(pattern, "abcxyz/*$") &&
      pattern.substr(0, pattern.size() - 1).find('$') == pattern.npos &&
      (pattern[0] == '/' || pattern[0] == '*')) {
    robots one = robots::parse("User-agent: *\nDisallow: " + std::string(pattern), "rondo");
    require(one.allows(target) == !fits(pattern, target));
    robots both =
        robots::parse("User-agent: rondo\nDisallow: /\nAllow: " + std::string(pattern), "rondo");
    require(both.allows(target) == fits(pattern, target));
  }
  return 0;
}
