// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/url_text.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include <rondo/http/client/client_error.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/url/url.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

struct url_deleter {
  void operator()(CURLU* u) const noexcept { curl_url_cleanup(u); }
};
struct text_deleter {
  void operator()(char* s) const noexcept { curl_free(s); }
};
using url_handle = std::unique_ptr<CURLU, url_deleter>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::unique_ptr<char, text_deleter> owner(text);
  return text;
}

/// What reference means at base; empty if that is no URL.
url_handle resolve(const std::string& base, const std::string& reference) {
  url_handle url(curl_url());
  if (!url) throw std::bad_alloc();
  if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), 0) != CURLUE_OK)
    return {};
  return url;
}

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

}  // namespace

std::string complete_url(const std::string& request, const std::string& base,
                         const std::string& text, const form_fields& params) {
  auto refuse = [&](const std::string& cause) {
    return http_error(request, cause, failure::bad_url);
  };
  // http::url would leave some of them out, and encode others: but in data of users that came to
  // be part of a URL they are no good sign.
  auto cannot_stand = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), cannot_stand))
    throw refuse("malformed URL: it holds a space or a control character");
  std::optional<url> from;
  try {
    if (!base.empty()) from.emplace(base);
  } catch (const url_error& e) {
    throw refuse("malformed base_url '" + shown_url(base) + "': " + e.cause());
  }
  try {
    url address = from ? from->resolve(text) : url(text);
    if (address.scheme() != "http" && address.scheme() != "https")
      throw refuse("the scheme is not http or https");
    return written(address, params);
  } catch (const url_error& e) {
    throw refuse("malformed URL: " + e.cause());
  }
}

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

bool same_origin(const std::string& from, const std::string& location) {
  url_handle to = resolve(from, location);
  url_handle there = resolve(from, from);
  if (!to || !there) return false;
  auto origin = [](CURLU* url) {
    return part_of(url, CURLUPART_SCHEME) + "://" + part_of(url, CURLUPART_HOST) + ":" +
           part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  };
  return equal_ignoring_case(origin(to.get()), origin(there.get()));
}

}}}  // namespace rondo::v0::http::detail
