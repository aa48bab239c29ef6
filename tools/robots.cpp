// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "robots.hpp"

#include <charconv>
#include <utility>

#include <rondo/http/headers.hpp>
#include <rondo/http/url.hpp>

namespace tool {

namespace {

constexpr double longest_crawl_delay = 60;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t";
  std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Takes a line, of which there are three kinds of ends.
std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find_first_of("\r\n");
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

/// Patterns and paths compare in one spelling (RFC 9309, 2.2.2).
std::string comparable(std::string_view text) {
  constexpr char hex[] = "0123456789ABCDEF";
  std::string encoded;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f) {
      encoded += c;
    } else {
      (encoded += '%') += hex[byte >> 4];
      encoded += hex[byte & 15];
    }
  }
  return rondo::http::normalize_percent_encoding(encoded);
}

/// Whether the beginning of a path matches, or all of it if the pattern ends
/// with $. Each piece between two * is taken where it first fits: no later place
/// can leave more of the path for the others.
bool matches(std::string_view pattern, std::string_view path) {
  bool whole = pattern.ends_with('$');
  if (whole) pattern.remove_suffix(1);
  std::size_t star = pattern.find('*');
  if (!path.starts_with(pattern.substr(0, star))) return false;
  std::size_t at = std::min(star, pattern.size());
  while (star != pattern.npos) {
    std::size_t begin = star + 1;
    star = pattern.find('*', begin);
    std::string_view piece = pattern.substr(begin, star == pattern.npos ? star : star - begin);
    if (whole && star == pattern.npos) return path.size() - at >= piece.size() && path.ends_with(piece);
    std::size_t found = path.find(piece, at);
    if (found == path.npos) return false;
    at = found + piece.size();
  }
  return !whole || at == path.size();
}

}  // namespace

robots robots::parse(std::string_view text, std::string_view token) {
  // A line that is cut off could mean anything: "Disallow: /" of "/private".
  if (text.size() > max_size) text = text.substr(0, text.find_last_of("\r\n", max_size - 1) + 1);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  robots ours, for_all;
  bool named = false;                         // some group names us
  bool is_ours = false, is_for_all = false;   // the group that is being read
  bool in_rules = true;                       // so that the next user-agent begins a group
  while (!text.empty()) {
    std::string_view line = take_line(text);
    line = line.substr(0, line.find('#'));
    std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    std::string_view name = trim(line.substr(0, colon)), value = trim(line.substr(colon + 1));
    auto is = [&](std::string_view known) { return rondo::http::equal_ignoring_case(name, known); };
    if (is("user-agent")) {
      if (std::exchange(in_rules, false)) is_ours = is_for_all = false;
      if (value.starts_with('*')) {
        is_for_all = true;
      } else if (rondo::http::equal_ignoring_case(product_token(value), token)) {
        is_ours = named = true;
      }
      continue;
    }
    bool allow = is("allow"), disallow = is("disallow"), pause = is("crawl-delay");
    if (!allow && !disallow && !pause) continue;
    in_rules = true;
    for (auto [applies, group] : {std::pair(is_ours, &ours), {is_for_all, &for_all}}) {
      if (!applies) continue;
      if (pause) {
        double seconds = 0;
        auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        if (error == std::errc() && seconds >= 0)
          group->crawl_delay_ = std::chrono::duration<double>(std::min(seconds, longest_crawl_delay));
      } else if (!value.empty()) {
        std::string pattern = comparable(value);
        if (pattern[0] != '/' && pattern[0] != '*') pattern.insert(pattern.begin(), '/');
        group->rules_.push_back({std::move(pattern), allow});
      }
    }
  }
  return named ? ours : for_all;
}

bool robots::allows(std::string_view target) const {
  std::string path = comparable(target);
  if (path == "/robots.txt") return true;
  const rule* longest = nullptr;
  for (const rule& r : rules_) {
    if (longest && (r.pattern.size() < longest->pattern.size() ||
                    (r.pattern.size() == longest->pattern.size() && !r.allow)))
      continue;
    if (matches(r.pattern, path)) longest = &r;
  }
  return !longest || longest->allow;
}

std::string_view product_token(std::string_view user_agent) noexcept {
  std::size_t end = 0;
  while (end < user_agent.size()) {
    char c = user_agent[end];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_')) break;
    ++end;
  }
  return user_agent.substr(0, end);
}

}  // namespace tool
