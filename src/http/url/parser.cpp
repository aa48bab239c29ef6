// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/url/parser.hpp"

#include <algorithm>
#include <array>

#include "detail/ascii.hpp"
#include "http/url/host.hpp"
#include "http/url/percent_encode_sets.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// The size of the scheme that a text begins with, which a colon follows; or 0.
std::size_t scheme_size(std::string_view text) noexcept {
  if (text.empty() || !ascii::is_letter(text[0])) return 0;
  auto is_part = [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  std::size_t end = 1;
  while (end < text.size() && is_part(text[end])) ++end;
  return end < text.size() && text[end] == ':' ? end : 0;
}

bool is_slash(char c) noexcept { return c == '/' || c == '\\'; }

std::string_view skip_slashes(std::string_view text) noexcept {
  return text.substr(std::min(text.find_first_not_of("/\\"), text.size()));
}

/// "." or "..", where a dot may be an escape, as number of dots; or 0.
int dots(std::string_view segment) noexcept {
  int count = 0;
  while (!segment.empty()) {
    bool escape = segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
                  ascii::lower(segment[2]) == 'e';
    if ((!escape && segment[0] != '.') || ++count > 2) return 0;
    segment.remove_prefix(escape ? 3 : 1);
  }
  return count;
}

/// A part of what an error says.
std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  std::string part(text.substr(0, most));
  for (char& c : part)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  if (text.size() > most) part += "...";
  return part;
}

}  // namespace

const known_scheme* find_scheme(std::string_view name) noexcept {
  static constexpr std::array<known_scheme, 4> all = {
      {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}}};
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string url_parser::read(std::string_view text, const url* base, url& result) {
  auto too_long = [] { return "longer than " + std::to_string(url::max_length) + " bytes"; };
  if (text.size() > url::max_length) return too_long();
  auto is_blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  std::string without_breaks;
  if (text.find_first_of("\t\r\n") != text.npos) {
    without_breaks = text;
    std::erase_if(without_breaks, [](char c) { return c == '\t' || c == '\r' || c == '\n'; });
    text = without_breaks;
  }
  url_parser parser(result);
  if (!parser.start(text, base)) return std::move(parser.problem_);
  // Escapes take more room; what comes out can be read again.
  if (result.size() > url::max_length && result.str().size() > url::max_length) return too_long();
  return {};
}

/// The states scheme start to special authority ignore slashes.
bool url_parser::start(std::string_view text, const url* base) {
  std::size_t size = scheme_size(text);
  if (size == 0) {
    if (!base) return refuse("no scheme: it is not absolute");
    url_.scheme_ = base->scheme_;
    return relative(text, *base);
  }
  url_.scheme_ = text.substr(0, size);
  for (char& c : url_.scheme_) c = ascii::lower(c);
  const known_scheme* known = find_scheme(url_.scheme_);
  if (!known) return refuse("the scheme '" + shown(url_.scheme_) + "' is not one of the web");
  text.remove_prefix(size + 1);
  // "http:page" on an http page is an old spelling of "page".
  if (base && base->scheme_ == url_.scheme_ && !text.starts_with("//"))
    return relative(text, *base);
  return authority(skip_slashes(text));
}

/// The states relative and relative slash.
bool url_parser::relative(std::string_view rest, const url& base) {
  bool rooted = !rest.empty() && is_slash(rest[0]);
  if (rooted && rest.size() > 1 && is_slash(rest[1])) return authority(skip_slashes(rest));
  url_.user_ = base.user_;
  url_.password_ = base.password_;
  url_.host_ = base.host_;
  url_.port_ = base.port_;
  if (rooted) return path(rest);
  url_.path_ = base.path_;
  if (!rest.empty() && rest[0] != '?' && rest[0] != '#') {
    shorten_path();
    return path(rest);
  }
  url_.query_ = base.query_;
  url_.has_query_ = base.has_query_;
  return query(rest);
}

/// The states authority, host and port. What is before the last '@' is no host.
bool url_parser::authority(std::string_view rest) {
  std::size_t end = std::min(rest.find_first_of("/\\?#"), rest.size());
  std::string_view host = rest.substr(0, end);
  std::size_t at = host.rfind('@');
  if (at != host.npos) {
    user_info(host.substr(0, at));
    host.remove_prefix(at + 1);
  }
  bool in_brackets = false;
  auto ends_host = [&](char c) {
    if (c == '[') in_brackets = true;
    if (c == ']') in_brackets = false;
    return c == ':' && !in_brackets;
  };
  auto colon = std::find_if(host.begin(), host.end(), ends_host);
  auto size = static_cast<std::size_t>(colon - host.begin());
  if (size == 0) return refuse("no host");
  if (const char* wrong = read_host(host.substr(0, size), url_.host_)) return refuse(wrong);
  if (!port(host.substr(std::min(size + 1, host.size())))) return false;
  return path(rest.substr(end));
}

void url_parser::user_info(std::string_view text) {
  std::size_t colon = std::min(text.find(':'), text.size());
  append_encoded(url_.user_, text.substr(0, colon), userinfo_set);
  append_encoded(url_.password_, text.substr(std::min(colon + 1, text.size())), userinfo_set);
}

bool url_parser::port(std::string_view digits) {
  url_.port_ = find_scheme(url_.scheme_)->port;
  if (digits.empty()) return true;
  unsigned number = 0;
  for (char c : digits) {
    if (!ascii::is_digit(c)) return refuse("the port '" + shown(digits) + "' is no number");
    number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > UINT16_MAX) return refuse("the port '" + shown(digits) + "' is larger than 65535");
  }
  url_.port_ = static_cast<std::uint16_t>(number);
  return true;
}

/// The states path start and path: adds segments to the path that is there.
bool url_parser::path(std::string_view rest) {
  if (!rest.empty() && is_slash(rest[0])) rest.remove_prefix(1);
  for (;;) {
    std::size_t end = std::min(rest.find_first_of("/\\?#"), rest.size());
    bool more = end < rest.size() && is_slash(rest[end]);
    std::string_view segment = rest.substr(0, end);
    int dotted = dots(segment);
    if (dotted == 2) shorten_path();
    if (dotted == 0 || !more) url_.path_ += '/';
    if (dotted == 0) append_encoded(url_.path_, segment, path_set);
    rest.remove_prefix(end + (more ? 1 : 0));
    if (!more) return query(rest);
  }
}

bool url_parser::query(std::string_view rest) {
  if (!rest.starts_with('?')) return fragment(rest);
  std::size_t end = std::min(rest.find('#'), rest.size());
  url_.query_.clear();
  append_encoded(url_.query_, rest.substr(1, end - 1), query_set);
  url_.has_query_ = true;
  return fragment(rest.substr(end));
}

bool url_parser::fragment(std::string_view rest) {
  if (rest.empty()) return true;
  append_encoded(url_.fragment_, rest.substr(1), fragment_set);
  url_.has_fragment_ = true;
  return true;
}

}}}  // namespace rondo::v0::http::detail
