// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/target.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <memory>
#include <new>

#include <rondo/http/client/client_error.hpp>
#include <rondo/http/message/headers.hpp>

#include "http/client/url_text.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

struct url_deleter {
  void operator()(CURLU* u) const noexcept { curl_url_cleanup(u); }
};
struct text_deleter {
  void operator()(char* s) const noexcept { curl_free(s); }
};

std::string part_of(const std::string& url, CURLUPart part) {
  std::unique_ptr<CURLU, url_deleter> parsed(curl_url());
  if (!parsed) throw std::bad_alloc();
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parsed.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
    return {};
  std::unique_ptr<char, text_deleter> owner(text);
  return text;
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

bool is_below(const std::string& base, const std::string& url) {
  std::string path = part_of(url, CURLUPART_PATH);
  return is_same_origin(base, url) && !may_climb(path) &&
         path.starts_with(folder_of(part_of(base, CURLUPART_PATH)));
}

}  // namespace

host_and_port host_of(const std::string& url) {
  host_and_port where{part_of(url, CURLUPART_HOST), part_of(url, CURLUPART_PORT)};
  if (where.host.starts_with('[') && where.host.ends_with(']'))
    where.host = where.host.substr(1, where.host.size() - 2);
  return where;
}

std::string to_string(const host_and_port& where) {
  bool is_v6 = where.host.find(':') != where.host.npos;
  return (is_v6 ? "[" + where.host + "]" : where.host) + ":" + where.port;
}

bool is_same_origin(const std::string& a, const std::string& b) { return same_origin(a, b); }

std::string target_of(const session_options& options, const client_request& asked) {
  std::string request = asked.method + " " + shown_url(asked.url);
  std::string url = complete_url(request, options.base_url, asked.url, asked.options.params);
  if (options.base_url.empty()) return url;
  // However "//host" is written, a URL without a scheme says nothing of a host.
  bool leaves = !is_absolute(asked.url) && !same_origin(options.base_url, url);
  if (leaves || (options.stay_below_base && !is_below(options.base_url, url)))
    throw http_error(asked.method + " " + shown_url(url),
                     "'" + shown_url(asked.url) + "' leaves " + shown_url(options.base_url),
                     failure::outside_base);
  return url;
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
  std::string url;
  try {
    url = complete_url(request, from, reference, {});
  } catch (const http_error& e) {
    throw http_error(
        request, "redirect to '" + shown_url(location) + "': " + std::string(e.cause()), e.why());
  }
  std::size_t fragment = from.find('#');
  if (fragment != from.npos && url.find('#') == url.npos)
    url += from.substr(fragment);  // RFC 9110, 10.2.2
  return url;
}

}}}  // namespace rondo::v0::http::detail
