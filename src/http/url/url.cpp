// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/url/url.hpp>

#include <algorithm>

#include "detail/ascii.hpp"
#include "http/url/parser.hpp"
#include "http/url/percent_encode_sets.hpp"

namespace rondo { inline namespace v0 { namespace http {

using detail::append_encoded;
using detail::url_parser;

namespace {

[[noreturn]] void refuse(std::string_view text, std::string cause) {
  constexpr std::size_t shown = 200;
  std::string start(text.substr(0, shown));
  for (char& c : start)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  if (text.size() > shown) start += "...";
  std::string what = "URL '" + start + "': " + cause;
  throw url_error(std::move(what), std::move(cause));
}

/// An address, of which no other is a subdomain.
bool is_address(std::string_view host) noexcept {
  if (host.starts_with('[')) return true;
  return !host.empty() && ascii::is_digit(host.back()) &&
         host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace

url::url(std::string_view text) : url(text, nullptr) {}

url::url(std::string_view text, const url* base) {
  std::string problem = url_parser::read(text, base, *this);
  if (!problem.empty()) refuse(text, std::move(problem));
}

std::optional<url> url::try_parse(std::string_view text) {
  std::optional<url> result{url()};
  if (!url_parser::read(text, nullptr, *result).empty()) result.reset();
  return result;
}

url url::resolve(std::string_view reference) const { return url(reference, this); }

std::optional<url> url::try_resolve(std::string_view reference) const {
  std::optional<url> result{url()};
  if (!url_parser::read(reference, this, *result).empty()) result.reset();
  return result;
}

bool url::has_default_port() const noexcept {
  const detail::known_scheme* known = detail::find_scheme(scheme_);
  return known && known->port == port_;
}

std::string url::target() const {
  std::string result;
  result.reserve(path_.size() + query_.size() + 1);
  append_encoded(result, path_, detail::target_set);
  if (!has_query_) return result;
  result += '?';
  append_encoded(result, query_, detail::target_set);
  return result;
}

std::string url::origin() const {
  std::string result = scheme_ + "://" + host_;
  if (!has_default_port()) result += ":" + std::to_string(port_);
  return result;
}

std::size_t url::size() const noexcept {
  constexpr std::size_t separators = sizeof("://:@:65535?#");
  return scheme_.size() + user_.size() + password_.size() + host_.size() + path_.size() +
         query_.size() + fragment_.size() + separators;
}

std::string url::str() const {
  std::string result;
  result.reserve(size());
  result.append(scheme_).append("://");
  if (!user_.empty() || !password_.empty()) {
    result += user_;
    if (!password_.empty()) result.append(":").append(password_);
    result += '@';
  }
  result += host_;
  if (!has_default_port()) result.append(":").append(std::to_string(port_));
  result += path_;
  if (has_query_) result.append("?").append(query_);
  if (has_fragment_) result.append("#").append(fragment_);
  return result;
}

url url::without_fragment() const {
  url result = *this;
  result.fragment_.clear();
  result.has_fragment_ = false;
  return result;
}

url url::without_credentials() const {
  url result = *this;
  result.user_.clear();
  result.password_.clear();
  return result;
}

url url::normalized() const {
  url result = without_fragment();
  result.path_ = normalize_percent_encoding(path_);
  result.query_ = normalize_percent_encoding(query_);
  result.has_query_ = !query_.empty();
  return result;
}

std::string normalize_percent_encoding(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (detail::in_set(text[i], detail::target_set)) {
        append_encoded(result, text[i]);
      } else {
        result += text[i];
      }
      continue;
    }
    int byte = ascii::escaped_byte(text, i);
    // A percent sign that begins nothing: alone, it could come to begin
    // something once what follows is decoded.
    char decoded = byte < 0 ? '%' : static_cast<char>(byte);
    if (ascii::is_unreserved(decoded)) {
      result += decoded;
    } else {
      append_encoded(result, decoded);
    }
    if (byte >= 0) i += 2;
  }
  return result;
}

bool same_origin(const url& a, const url& b) noexcept {
  return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

bool same_host(const url& a, const url& b) noexcept {
  if (a.host() != b.host()) return false;
  return a.port() == b.port() || (a.has_default_port() && b.has_default_port());
}

bool within_domain(std::string_view host, std::string_view domain) noexcept {
  if (host == domain) return true;
  if (domain.empty() || is_address(host) || !host.ends_with(domain)) return false;
  return host[host.size() - domain.size() - 1] == '.';
}

}}}  // namespace rondo::v0::http
