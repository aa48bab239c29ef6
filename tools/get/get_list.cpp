// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/get_list.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <unordered_map>

#include <rondo/http/url/url.hpp>

#include "detail/ascii.hpp"
#include "get/partial_file.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using rondo::ascii::hex_digit;

constexpr std::string_view spaces = " \t\r\v\f";
std::string_view trim(std::string_view text) { return rondo::ascii::trimmed(text, spaces); }

/// Takes the first word off a text.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  std::string_view word = text.substr(0, text.find_first_of(spaces));
  text = trim(text.substr(word.size()));
  return word;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                  hex_digit(text[i + 2]) >= 0;
    if (escape) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// What http::get would say of it. An unknown scheme is more often a typing mistake.
std::string url_problem(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
      return "malformed URL: it holds a space or a control character";
  }
  try {
    rondo::http::url address(text);
    if (address.scheme() == "http" || address.scheme() == "https") return {};
    return "malformed URL: it does not begin with http:// or https://";
  } catch (const rondo::http::url_error& e) {
    return "malformed URL: " + e.cause();
  }
}

std::string name_from(std::string_view text) {
  std::optional<rondo::http::url> address = rondo::http::url::try_parse(text);
  if (!address) return {};
  return percent_decode(std::string_view(address->path()).substr(address->path().rfind('/') + 1));
}

std::string find_problem(const wanted_file& f) {
  std::string problem = url_problem(f.url);
  if (problem.empty()) problem = name_problem(f.name);
  if (problem.empty()) problem = sha256_problem(f.sha256);
  for (std::size_t i = 0; i < f.mirrors.size() && problem.empty(); ++i) {
    problem = url_problem(f.mirrors[i]);
    if (!problem.empty())
      problem = "mirror " + without_credentials(printable(f.mirrors[i])) + ": " + problem;
  }
  return problem;
}

}  // namespace

std::string name_problem(std::string_view name) {
  if (name.empty()) return "the URL has no file name: give one";
  if (name == "." || name == "..") return fmt::format("'{}' is no file name", name);
  std::string shown = printable(name);
  for (char c : name) {
    if (c == '/') return fmt::format("the name '{}' would leave the directory", shown);
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      return fmt::format("the name '{}' holds a control character", shown);
  }
  if (name.size() > partial_file::longest_name)
    return fmt::format("the name is longer than {} bytes", partial_file::longest_name);
  if (partial_file::reserves(name))
    return fmt::format("the name '{}' is one of a partial file", shown);
  return {};
}

std::string sha256_problem(std::string_view hex) {
  bool right = hex.empty() || (hex.size() == 64 && std::all_of(hex.begin(), hex.end(), [](char c) {
                                 return hex_digit(c) >= 0;
                               }));
  return right ? "" : "a SHA-256 has 64 hexadecimal digits";
}

wanted_file make_wanted(std::string url, std::string name, std::string sha256,
                        std::vector<std::string> mirrors) {
  wanted_file f;
  f.url = std::move(url);
  f.name = name.empty() ? name_from(f.url) : std::move(name);
  f.sha256 = rondo::ascii::lower(sha256);
  f.mirrors = std::move(mirrors);
  f.problem = find_problem(f);
  return f;
}

std::optional<wanted_file> parse_list_line(std::string_view line) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  line = trim(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  std::string url(take_word(line));
  std::string name, sha256, problem;
  std::vector<std::string> mirrors;
  while (!line.empty() && problem.empty()) {
    if (line.starts_with("name=")) {
      name = line.substr(5);
      if (name.empty()) problem = "name= is empty";
      break;
    }
    std::string_view word = take_word(line);
    if (word.starts_with("sha256=")) {
      sha256 = word.substr(7);
      if (sha256.empty()) problem = "sha256= is empty";
    } else if (word.starts_with("mirror=")) {
      mirrors.emplace_back(word.substr(7));
    } else {
      problem =
          fmt::format("'{}' is neither sha256=HEX nor mirror=URL nor name=FILE", printable(word));
    }
  }
  wanted_file f =
      make_wanted(std::move(url), std::move(name), std::move(sha256), std::move(mirrors));
  if (!problem.empty()) f.problem = problem;
  return f;
}

void resolve_duplicates(std::vector<wanted_file>& files) {
  std::unordered_map<std::string, std::size_t> taken;
  std::vector<wanted_file> kept;
  kept.reserve(files.size());
  for (wanted_file& f : files) {
    if (f.problem.empty()) {
      auto [first, is_new] = taken.emplace(f.name, kept.size());
      if (!is_new) {
        const wanted_file& other = kept[first->second];
        if (other.url == f.url && other.sha256 == f.sha256) continue;
        f.problem = fmt::format("the name '{}' is taken by {}: give it another one",
                                printable(f.name), without_credentials(other.url));
      }
    }
    kept.push_back(std::move(f));
  }
  files = std::move(kept);
}

}  // namespace tool
