// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Patterns, an empty line, and requests "METHOD path": what a router finds is what a
// plain search through all patterns finds, and the path can be made again of the
// parameters. Mounted below a prefix, the same is found.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/rondo.hpp>

#include <rondo/http/site/router.hpp>

namespace {

namespace http = rondo::http;

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

using values = std::vector<std::string>;

struct pattern {
  std::string method;
  std::string text;
  std::vector<std::string> segments;
};

values split(std::string_view text) {
  values all;
  for (;;) {
    std::size_t slash = text.find('/');
    all.emplace_back(text.substr(0, slash));
    if (slash == text.npos) return all;
    text.remove_prefix(slash + 1);
  }
}

bool is_rest(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with("...}");
}
bool is_any(std::string_view segment) { return segment.starts_with('{') && !is_rest(segment); }

/// The values of a pattern's parameters where it fits the path's segments, which are
/// escaped; the rest as one.
std::optional<values> fit(const pattern& p, const values& path) {
  values found;
  for (std::size_t i = 0; i < p.segments.size(); ++i) {
    if (is_rest(p.segments[i])) {
      if (i >= path.size()) return std::nullopt;
      std::string rest = path[i];
      for (std::size_t j = i + 1; j < path.size(); ++j) rest += "/" + path[j];
      found.push_back(*http::percent_decode(rest));
      return found;
    }
    if (i >= path.size()) return std::nullopt;
    std::string decoded = *http::percent_decode(path[i]);
    if (is_any(p.segments[i])) {
      if (decoded.empty()) return std::nullopt;
      found.push_back(decoded);
    } else if (decoded != p.segments[i]) {
      return std::nullopt;
    }
  }
  return p.segments.size() == path.size() ? std::optional(found) : std::nullopt;
}

/// Text before "{name}" before "{name...}", the first segment first.
bool goes_before(const pattern& a, const pattern& b) {
  auto rank = [](std::string_view segment) {
    return is_rest(segment) ? 2 : is_any(segment) ? 1 : 0;
  };
  for (std::size_t i = 0; i < std::min(a.segments.size(), b.segments.size()); ++i)
    if (rank(a.segments[i]) != rank(b.segments[i]))
      return rank(a.segments[i]) < rank(b.segments[i]);
  return false;
}

/// What the router answers: status, Allow, which pattern, and its values.
struct answer {
  int status = 0;
  std::set<std::string> allowed;
  std::string pattern;
  values parameters;
  bool operator==(const answer&) const = default;
};

answer expected(const std::vector<pattern>& all, std::string_view method, std::string_view path) {
  answer a;
  if (!http::percent_decode(path)) {
    a.status = 400;
    return a;
  }
  const pattern* best = nullptr;
  std::set<std::string> allowed;
  values segments = path.starts_with('/') ? split(path.substr(1)) : values();
  for (const pattern& p : all) {
    auto found = fit(p, segments);
    if (!found) continue;
    allowed.insert(p.method);
    if (p.method == "GET") allowed.insert("HEAD");
    if (p.method != method && (method != "HEAD" || p.method != "GET")) continue;
    bool better = !best || goes_before(p, *best) ||
                  (!goes_before(*best, p) && p.method == method);  // HEAD before GET
    if (!better) continue;
    best = &p;
    a.parameters = *found;
  }
  if (best) {
    a.status = 200;
    a.pattern = best->method + " " + best->text;
  } else if (allowed.empty()) {
    a.status = method == "OPTIONS" && path == "*" ? 204 : 404;
  } else {
    allowed.insert("OPTIONS");
    a.status = method == "OPTIONS" ? 204 : 405;
    a.allowed = allowed;
  }
  return a;
}

/// A router that answers with the text of the pattern.
class site {
 public:
  /// False for a pattern that it refuses.
  bool add(const pattern& p) {
    std::string name = p.method + " " + p.text;
    auto handler = [this, name](http::request& r) {
      heard_.pattern = name;
      heard_.parameters.clear();
      for (auto& [key, value] : r.parameters()) {
        require(r.param(key) == value);
        heard_.parameters.push_back(value);
      }
      return http::reply("");
    };
    try {
      router_.route(p.method, p.text, handler);
      return true;
    } catch (const rondo::usage_error&) {
      return false;
    }
  }
  http::router& router() { return router_; }

  rondo::task<answer> ask(http::router& at, std::string method, std::string path) {
    http::request r;
    r.method = std::move(method);
    r.target = std::move(path);
    heard_ = {};
    http::reply reply = co_await at(r);
    heard_.status = reply.status;
    std::string_view allow = reply.headers.get("Allow");
    while (!allow.empty()) {
      std::string_view one = allow.substr(0, allow.find(','));
      require(heard_.allowed.insert(std::string(one)).second);
      allow.remove_prefix(std::min(allow.size(), one.size() + 2));
    }
    co_return heard_;
  }

 private:
  http::router router_;
  answer heard_;
};

/// A path that a pattern without a rest fits, with these values.
std::string path_of(const pattern& p, const values& parameters) {
  std::string path;
  std::size_t next = 0;
  for (const std::string& segment : p.segments)
    path += "/" + http::percent_encode(is_any(segment) ? parameters[next++] : segment);
  require(next == parameters.size());
  return path;
}

rondo::task<> check(std::string_view text) {
  site plain, mounted;
  std::vector<pattern> all;
  values lines;
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), lines.back().size() + 1)))
    lines.emplace_back(text.substr(0, text.find('\n')));
  std::size_t line = 0;
  for (; line < lines.size() && !lines[line].empty(); ++line) {
    std::size_t space = std::min(lines[line].find(' '), lines[line].size());
    pattern p{lines[line].substr(0, space),
              lines[line].substr(std::min(space + 1, lines[line].size())),
              {}};
    if (!plain.add(p)) continue;
    require(mounted.add(p));
    require(p.text.starts_with('/'));
    p.segments = split(std::string_view(p.text).substr(1));
    all.push_back(std::move(p));
  }
  http::router outer;
  outer.mount("/at/{prefix}", std::move(mounted.router()));
  for (; line < lines.size(); ++line) {
    std::size_t space = std::min(lines[line].find(' '), lines[line].size());
    std::string method = lines[line].substr(0, space);
    std::string path = lines[line].substr(std::min(space + 1, lines[line].size()));
    path = path.substr(0, path.find('?'));
    answer wanted = expected(all, method, path);
    answer heard = co_await plain.ask(plain.router(), method, path + "?query");
    require(heard == wanted);
    if (wanted.status == 200) {
      auto is_it = [&](const pattern& p) { return p.method + " " + p.text == wanted.pattern; };
      const pattern& p = *std::find_if(all.begin(), all.end(), is_it);
      bool has_rest = is_rest(p.segments.back());
      if (!has_rest) {
        heard = co_await plain.ask(plain.router(), method, path_of(p, wanted.parameters));
        require(heard == wanted);
      }
    }
    if (!path.starts_with('/') || wanted.status == 400) continue;
    heard = co_await mounted.ask(outer, method, "/at/a%2Fb" + path);
    if (wanted.status == 200) wanted.parameters.insert(wanted.parameters.begin(), "a/b");
    require(heard == wanted);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 500) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto main = [&]() -> rondo::task<> { co_await check(text); };
  rondo::run(main,
             {.backend = rondo::backend_kind::sim, .interrupt = rondo::on_interrupt::leave_alone});
  return 0;
}
