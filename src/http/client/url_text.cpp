// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/url_text.hpp"

#include <algorithm>
#include <curl/curl.h>
#include <memory>
#include <new>

#include <rondo/http/client_error.hpp>
#include <rondo/http/headers.hpp>

namespace rondo::inline v0::http::detail {

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

bool begins_with(std::string_view text, std::string_view scheme) noexcept {
  return text.size() >= scheme.size() && equal_ignoring_case(text.substr(0, scheme.size()), scheme);
}

bool has_scheme(std::string_view url) noexcept {
  std::size_t end = url.find("://");
  return end != url.npos && end > 0 && url.substr(0, end).find_first_of("/?#") == url.npos;
}

/// Where path, query or fragment begin.
std::size_t end_of_authority(std::string_view url) noexcept {
  std::size_t begin = url.find("://") + 3;
  return std::min(url.find_first_of("/?#\\", begin), url.size());
}

void encode_beyond_ascii(std::string& url) {
  auto is_beyond = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  std::size_t from = end_of_authority(url);
  auto begin = url.begin() + static_cast<std::ptrdiff_t>(from);
  if (std::none_of(begin, url.end(), is_beyond)) return;
  std::string encoded = url.substr(0, from);
  for (std::size_t i = from; i < url.size(); ++i) {
    if (is_beyond(url[i])) {
      encoded += percent_encode(std::string_view(url).substr(i, 1));
    } else {
      encoded += url[i];
    }
  }
  url = std::move(encoded);
}

void add_params(std::string& url, const form_fields& params) {
  std::size_t fragment = std::min(url.find('#'), url.size());
  std::string query(1, url.find('?') < fragment ? '&' : '?');
  for (const auto& [name, value] : params) {
    if (query.size() > 1) query += '&';
    query += percent_encode(name) + '=' + percent_encode(value);
  }
  url.insert(fragment, query);
}

}  // namespace

std::string complete_url(const std::string& request, const std::string& base, std::string url,
                         const form_fields& params) {
  auto refuse = [&](const char* cause) { return http_error(request, cause, failure::bad_url); };
  auto cannot_stand = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::any_of(url.begin(), url.end(), cannot_stand)) throw refuse("malformed URL");
  if (!has_scheme(url)) {
    if (base.empty()) throw refuse("the URL has no scheme");
    url_handle absolute = resolve(base, url);
    if (!absolute) throw refuse("malformed URL");
    url = part_of(absolute.get(), CURLUPART_URL);
  }
  if (!begins_with(url, "http://") && !begins_with(url, "https://"))
    throw refuse("the scheme is not http or https");
  encode_beyond_ascii(url);
  if (!params.empty()) add_params(url, params);
  return url;
}

std::string shown_url(std::string_view url) {
  if (!has_scheme(url)) return std::string(url);
  std::size_t begin = url.find("://") + 3;
  std::size_t at = url.substr(0, end_of_authority(url)).rfind('@');
  std::size_t colon = url.find(':', begin);
  if (at == url.npos || at < begin || colon > at) return std::string(url);
  return std::string(url.substr(0, colon + 1)) + "***" + std::string(url.substr(at));
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

}  // namespace rondo::inline v0::http::detail
