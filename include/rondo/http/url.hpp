// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/coro/errors.hpp>

namespace rondo::inline v0::http {

/// A text that is no URL, or none of the web. What it says names the text.
class url_error : public error {
 public:
  using error::error;
};

/// An absolute URL with the scheme http, https, ws or wss, taken apart. It is
/// read by libcurl's rules, so that what is checked here is what the client
/// connects to: dot segments are removed, the numeric forms of an IPv4 address
/// become its usual one, the names of scheme and host are in lower case. A host
/// in another script gets its ASCII form if the locale is one of UTF-8, and is
/// refused otherwise.
///
/// A value: copied, compared, cheap to move.
class url {
 public:
  static constexpr std::size_t max_length = 64 * 1024;

  /// Reads an absolute URL. White space around it is dropped, as are line
  /// breaks and tabs within; spaces and bytes beyond ASCII are percent-encoded,
  /// and a backslash before the query counts as a slash, as browsers do all
  /// this. Throws url_error for what is malformed, longer than max_length, or of
  /// another scheme.
  explicit url(std::string_view text);
  /// The same, or nothing where the constructor throws url_error.
  static std::optional<url> try_parse(std::string_view text);

  /// What a reference, such as an href, means on the page at this URL (RFC
  /// 3986, 5). Throws url_error like the constructor.
  url resolve(std::string_view reference) const;
  std::optional<url> try_resolve(std::string_view reference) const;

  const std::string& scheme() const noexcept { return scheme_; }
  /// As they stand in the URL: percent-encoded; empty when there is none.
  const std::string& user() const noexcept { return user_; }
  const std::string& password() const noexcept { return password_; }
  /// In brackets when it is an IPv6 address.
  const std::string& host() const noexcept { return host_; }
  /// The scheme's when the URL names none.
  std::uint16_t port() const noexcept { return port_; }
  bool has_default_port() const noexcept;
  /// Percent-encoded, never empty.
  const std::string& path() const noexcept { return path_; }
  /// Without the '?'; one that is empty counts as none.
  const std::string& query() const noexcept { return query_; }
  /// Without the '#'; one that is empty counts as none.
  const std::string& fragment() const noexcept { return fragment_; }

  /// "/path?query": what a request for it asks for.
  std::string target() const;
  /// "https://example.com:8443": scheme, host, and the port if it is not the
  /// scheme's.
  std::string origin() const;
  std::string str() const;

  url without_fragment() const;
  url without_credentials() const;
  /// The one spelling of all that mean the same by RFC 3986, 6.2.2 and 6.2.3,
  /// for finding out whether a page has been seen: without the scheme's own
  /// port, percent-encoding by normalize_percent_encoding, and without the
  /// fragment, which a server never sees.
  url normalized() const;

  friend bool operator==(const url&, const url&) = default;
  friend auto operator<=>(const url&, const url&) = default;

 private:
  url() = default;
  url(std::string_view text, const url* base);

  std::string scheme_;
  std::string user_;
  std::string password_;
  std::string host_;
  std::string path_;
  std::string query_;
  std::string fragment_;
  std::uint16_t port_ = 0;
};

/// Percent-encoding in its one spelling (RFC 3986, 6.2.2): in upper case, and not
/// of letters, digits, '-', '.', '_' and '~'. A '%' that begins nothing becomes
/// "%25".
std::string normalize_percent_encoding(std::string_view text);

/// Whether both come from one server in the eyes of a browser: scheme, host and
/// port.
bool same_origin(const url& a, const url& b) noexcept;
/// Whether both belong to one host: its name and port, where http on 80 and
/// https on 443 count as one.
bool same_host(const url& a, const url& b) noexcept;
/// Whether the host is that domain, or below it: "www.example.com" is within
/// "example.com". Of an IP address only the same one.
bool within_domain(std::string_view host, std::string_view domain) noexcept;

}  // namespace rondo::inline v0::http
