// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/target.hpp"

#include <algorithm>
#include <optional>

#include <rondo/http/client/client_error.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include <rondo/http/url/url.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// For libcurl: what http::url says, with a target that a request may hold.
std::string written(const url& from, const form_fields& params) {
  std::string result = from.scheme() + "://";
  if (!from.user().empty() || !from.password().empty()) {
    result += from.user();
    if (!from.password().empty()) result += ':' + from.password();
    result += '@';
  }
  result += from.host();
  if (!from.has_default_port()) result += ':' + std::to_string(from.port());
  result += from.target();
  char separator = from.has_query() ? '&' : '?';
  for (const auto& [name, value] : params) {
    result.append(1, separator)
        .append(percent_encode(name))
        .append(1, '=')
        .append(percent_encode(value));
    separator = '&';
  }
  if (from.has_fragment()) result += '#' + from.fragment();
  return result;
}

bool begins_with(std::string_view text, std::string_view with) noexcept {
  return text.size() >= with.size() && equal_ignoring_case(text.substr(0, with.size()), with);
}

bool is_absolute(std::string_view url) noexcept {
  return begins_with(url, "http://") || begins_with(url, "https://");
}

/// Up to its last slash: what relative URLs are relative to.
std::string_view folder_of(std::string_view path) noexcept {
  return path.substr(0, path.rfind('/') + 1);
}

/// Whether a server could take some part of a path for "..": also one that is escaped, or
/// has parameters ("..;x").
bool may_climb(const std::string& path) {
  std::string decoded = percent_decode(path).value_or("..");
  std::string_view rest = decoded;
  while (!rest.empty()) {
    std::string_view segment = rest.substr(0, rest.find_first_of("/\\"));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment.substr(0, segment.find(';')) == "..") return true;
  }
  return false;
}

bool is_below(const url& base, const url& address) {
  return http::same_origin(base, address) && !may_climb(address.path()) &&
         address.path().starts_with(folder_of(base.path()));
}

http_error refusal(const std::string& request, const std::string& cause) {
  return http_error(request, cause, failure::bad_url);
}

/// What text means at a base, if there is one: of http or https. Throws http_error.
url read(const std::string& request, const std::optional<url>& base, const std::string& text) {
  // http::url would leave some of them out, and encode others: but in data of users that came to
  // be part of a URL they are no good sign.
  auto cannot_stand = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), cannot_stand))
    throw refusal(request, "malformed URL: it holds a space or a control character");
  try {
    url address = base ? base->resolve(text) : url(text);
    if (address.scheme() != "http" && address.scheme() != "https")
      throw refusal(request, "the scheme is not http or https");
    return address;
  } catch (const url_error& e) {
    throw refusal(request, "malformed URL: " + e.cause());
  }
}

std::optional<url> read_base(const std::string& request, const std::string& base) {
  if (base.empty()) return std::nullopt;
  try {
    return url(base);
  } catch (const url_error& e) {
    throw refusal(request, "malformed base_url '" + shown_url(base) + "': " + e.cause());
  }
}

/// Of a URL that was read before. Written, with parameters, it may have become longer than what
/// http::url reads: then its path is left out.
url place_of(const std::string& text) {
  if (text.size() <= url::max_length) return url(text);
  return url(text.substr(0, text.find('/', text.find("://") + 3)));
}

}  // namespace

std::string shown_url(std::string_view url) {
  // Whatever http::url takes for the beginning of an authority, and also if it is no URL.
  std::size_t scheme = std::min(url.find_first_of(":/\\?#@"), url.size());
  std::size_t begin = scheme < url.size() && url[scheme] == ':' ? scheme + 1 : 0;
  begin = std::min(url.find_first_not_of("/\\", begin), url.size());
  std::string_view authority = url.substr(begin, url.find_first_of("/\\?#", begin) - begin);
  std::size_t at = authority.rfind('@');
  std::size_t colon = authority.find(':');
  if (at == url.npos || colon > at) return std::string(url);
  return std::string(url.substr(0, begin + colon + 1)) + "***" +
         std::string(url.substr(begin + at));
}

std::string authority_of(const std::string& text) {
  url address = place_of(text);
  return address.host() + ':' + std::to_string(address.port());
}

bool is_same_origin(const std::string& a, const std::string& b) {
  return http::same_origin(place_of(a), place_of(b));
}

std::string target_of(const session_options& options, const client_request& asked) {
  std::string request = asked.method + " " + shown_url(asked.url);
  std::optional<url> base = read_base(request, options.base_url);
  url address = read(request, base, asked.url);
  std::string target = written(address, asked.options.params);
  if (!base) return target;
  // However "//host" is written, a URL without a scheme says nothing of a host.
  bool leaves = !is_absolute(asked.url) && !http::same_origin(*base, address);
  if (leaves || (options.stay_below_base && !is_below(*base, address)))
    throw http_error(asked.method + " " + shown_url(target),
                     "'" + shown_url(asked.url) + "' leaves " + shown_url(options.base_url),
                     failure::outside_base);
  return target;
}

std::string redirect_target(const std::string& request, const std::string& from,
                            const std::string& location) {
  std::string reference;
  for (char c : location) {
    if (c == ' ') {
      reference += "%20";  // as browsers do
    } else if (c != '\t') {
      reference += c;
    }
  }
  std::string target;
  try {
    // A target that its parameters made too long for http::url counts without them.
    std::string base =
        from.size() > url::max_length ? from.substr(0, from.find_first_of("?#")) : from;
    target = written(read(request, url(base), reference), {});
  } catch (const http_error& e) {
    throw http_error(
        request, "redirect to '" + shown_url(location) + "': " + std::string(e.cause()), e.why());
  }
  std::size_t fragment = from.find('#');
  if (fragment != from.npos && target.find('#') == target.npos)
    target += from.substr(fragment);  // RFC 9110, 10.2.2
  return target;
}

}}}  // namespace rondo::v0::http::detail
