// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "crawl/robots.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <initializer_list>
#include <utility>

#include <rondo/http/message/headers.hpp>
#include <rondo/http/url/url.hpp>
#include "detail/ascii.hpp"

namespace tool {

namespace {

constexpr double longest_crawl_delay = 60;

constexpr std::string_view blank = " \t\v\f";
std::string_view trim(std::string_view text) { return rondo::ascii::trimmed(text, blank); }

/// Takes a line, of which there are three kinds of ends.
std::string_view take_line(std::string_view& text) {
  std::size_t end = text.find_first_of("\r\n");
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

bool is_blank(char c) { return blank.find(c) != blank.npos; }

/// A line's name and value. Instead of the colon some write a blank, as in "Disallow /x".
std::optional<std::pair<std::string_view, std::string_view>> take_apart(std::string_view line) {
  line = trim(line.substr(0, line.find('#')));
  std::size_t end = line.find(':');
  if (end == line.npos) {
    end = static_cast<std::size_t>(std::find_if(line.begin(), line.end(), is_blank) - line.begin());
    std::string_view value = trim(line.substr(end));
    if (value.empty() || std::any_of(value.begin(), value.end(), is_blank)) return std::nullopt;
    return std::pair(line.substr(0, end), value);
  }
  return std::pair(trim(line.substr(0, end)), trim(line.substr(end + 1)));
}

/// Mistakes that other crawlers forgive as well: who writes them wants to be heard.
bool is_one_of(std::string_view name, std::initializer_list<std::string_view> spellings) {
  return std::any_of(spellings.begin(), spellings.end(),
                     [&](std::string_view s) { return rondo::http::equal_ignoring_case(name, s); });
}
bool is_user_agent(std::string_view name) {
  return is_one_of(name, {"user-agent", "useragent", "user agent"});
}
bool is_disallow(std::string_view name) {
  return is_one_of(name, {"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"});
}

/// Patterns and paths compare in one spelling (RFC 9309, 2.2.2): * and $ that are characters of
/// the path are %2A and %24 there (2.2.3).
std::string comparable(std::string_view text, std::string_view special) {
  std::string result;
  for (char c : rondo::http::normalize_percent_encoding(text)) {
    if (c != '*' && c != '$') {
      result += c;
    } else if (special.find(c) != special.npos) {
      result += c;
    } else {
      result += c == '*' ? "%2A" : "%24";
    }
  }
  return result;
}

std::string comparable_pattern(std::string_view text) {
  bool whole = text.ends_with('$');
  if (whole) text.remove_suffix(1);
  std::string pattern = comparable(text, "*");
  if (!pattern.starts_with('/') && !pattern.starts_with('*')) pattern.insert(pattern.begin(), '/');
  if (whole) pattern += '$';
  return pattern;
}

/// Within a query some characters that delimit nothing there may be encoded or not, and mean the
/// same: the RFC's own example is "?baz=https://foo.bar", which "?baz=https%3A%2F%2Ffoo.bar"
/// forbids.
constexpr std::pair<char, std::string_view> free_in_query[] = {
    {':', "%3A"}, {'/', "%2F"}, {'?', "%3F"}, {'@', "%40"}};

/// The spellings of a path that a rule may mean: as it is, with those encoded, and decoded.
std::vector<std::string> spellings_of(std::string_view target) {
  std::vector<std::string> all{comparable(target, "")};
  std::size_t begin = all[0].find('?');
  if (begin == std::string::npos) return all;
  std::string encoded = all[0].substr(0, ++begin), decoded = encoded;
  for (std::string_view rest = std::string_view(all[0]).substr(begin); !rest.empty();) {
    std::size_t taken = 1;
    std::string_view escape = rest.substr(0, 1), plain = escape;
    for (const auto& [c, code] : free_in_query) {
      if (rest[0] == c) escape = code;
      if (!rest.starts_with(code)) continue;
      taken = code.size();
      escape = code;
      plain = std::string_view(&c, 1);
    }
    encoded += escape;
    decoded += plain;
    rest.remove_prefix(taken);
  }
  for (std::string& other : {std::ref(encoded), std::ref(decoded)})
    if (other != all[0]) all.push_back(std::move(other));
  return all;
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
    if (whole && star == pattern.npos)
      return path.size() - at >= piece.size() && path.ends_with(piece);
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
  robots ours, for_all, group;
  bool named = false;                        // some group names us
  bool is_ours = false, is_for_all = false;  // the group that is being read
  bool has_head = false;                     // a user-agent: what stands before is nobody's
  bool in_rules = false;                     // so that the next user-agent begins a group
  auto end_group = [&] {
    if (is_ours) ours.add(group);
    if (is_for_all) for_all.add(group);
    group = robots();
    is_ours = is_for_all = has_head = in_rules = false;
  };
  while (!text.empty()) {
    auto record = take_apart(take_line(text));
    if (!record) continue;
    auto [name, value] = *record;
    if (is_user_agent(name)) {
      if (in_rules) end_group();
      has_head = true;
      if (value == "*" || (value.starts_with('*') && is_blank(value[1]))) {
        is_for_all = true;
      } else if (!token.empty() && rondo::http::equal_ignoring_case(product_token(value), token)) {
        is_ours = named = true;
      }
      continue;
    }
    bool allow = is_one_of(name, {"allow"});
    if (allow || is_disallow(name)) {
      in_rules = true;
      if (!value.empty()) group.rules_.push_back({comparable_pattern(value), allow});
    } else if (has_head && is_one_of(name, {"crawl-delay"})) {
      // No rule of the RFC, so it ends no group's head.
      double seconds = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (error == std::errc() && seconds >= 0)
        group.crawl_delay_ = std::chrono::duration<double>(std::min(seconds, longest_crawl_delay));
    }
  }
  end_group();
  return named ? ours : for_all;
}

/// Groups of one name are one; of several delays the longest counts.
void robots::add(const robots& group) {
  rules_.insert(rules_.end(), group.rules_.begin(), group.rules_.end());
  if (!group.crawl_delay_) return;
  if (!crawl_delay_ || crawl_delay_->nanoseconds() < group.crawl_delay_->nanoseconds())
    crawl_delay_ = group.crawl_delay_;
}

bool robots::allows(std::string_view target) const {
  if (target == "/robots.txt") return true;
  std::vector<std::string> paths = spellings_of(target);
  const rule* longest = nullptr;
  for (const rule& r : rules_) {
    if (longest && (r.pattern.size() < longest->pattern.size() ||
                    (r.pattern.size() == longest->pattern.size() && !r.allow)))
      continue;
    if (std::any_of(paths.begin(), paths.end(),
                    [&](const std::string& path) { return matches(r.pattern, path); }))
      longest = &r;
  }
  return !longest || longest->allow;
}

bool forbids_following(std::string_view rules, std::string_view token) {
  bool is_ours = true;
  while (!rules.empty()) {
    std::string_view rule = rules.substr(0, rules.find(','));
    rules.remove_prefix(std::min(rules.size(), rule.size() + 1));
    std::size_t colon = rule.find(':');
    if (colon != rule.npos) {
      std::string_view name = trim(rule.substr(0, colon));
      // These have a value of their own.
      if (is_one_of(name,
                    {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}))
        continue;
      is_ours = is_one_of(name, {token, "robots", "*"});
      rule.remove_prefix(colon + 1);
    }
    if (is_ours && is_one_of(trim(rule), {"nofollow", "none"})) return true;
  }
  return false;
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
