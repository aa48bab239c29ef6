// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// A text that is no URL, or none of the web. What it says names the text.
class url_error : public error {
 public:
  url_error(std::string what, std::string cause)
      : error(std::move(what)), cause_(std::move(cause)) {}
  /// Without the text: "no host".
  const std::string& cause() const noexcept { return cause_; }

 private:
  std::string cause_;
};

namespace detail {
class url_parser;
}

/// An absolute URL with the scheme http, https, ws or wss, taken apart as browsers do it (the
/// WHATWG's URL standard): dot segments are removed, the numeric forms of an IPv4 address become
/// its usual one, scheme and host are in lower case, a host in another script gets its ASCII
/// form (UTS 46), and what may not stand in a URL is percent-encoded. The same in every locale.
///
/// The HTTP client, the WebSocket client and html::document read URLs by this class too, so what
/// is checked here is what they connect to.
///
/// A value: copied, compared, cheap to move.
class url {
 public:
  static constexpr std::size_t max_length = 64 * 1024;

  /// Reads an absolute URL. White space and control characters around it are dropped, as are
  /// line breaks and tabs within; a backslash before the query counts as a slash. Throws
  /// url_error for what is malformed, of another scheme, or longer than max_length, as read or
  /// as written by str().
  explicit url(std::string_view text);
  /// The same, or nothing where the constructor throws url_error.
  static std::optional<url> try_parse(std::string_view text);

  /// What a reference, such as an href, means on the page at this URL. Throws
  /// url_error like the constructor.
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
  /// Without the '?'.
  const std::string& query() const noexcept { return query_; }
  /// Whether there is a '?': that of "/path?" is empty, and the server sees it.
  bool has_query() const noexcept { return has_query_; }
  /// Without the '#'.
  const std::string& fragment() const noexcept { return fragment_; }
  /// Whether there is a '#', though nothing may follow it.
  bool has_fragment() const noexcept { return has_fragment_; }

  /// "/path?query": what a request for it asks for. Browsers leave some
  /// characters that no request may hold (RFC 9112, 3.2), such as '|'; here they
  /// are percent-encoded.
  std::string target() const;
  /// "https://example.com:8443": scheme, host, and the port if it is not the
  /// scheme's.
  std::string origin() const;
  std::string str() const;

  url without_fragment() const;
  url without_credentials() const;
  /// The one spelling of all that mean the same by RFC 3986, 6.2.2 and 6.2.3,
  /// for finding out whether a page has been seen: percent-encoding by
  /// normalize_percent_encoding, without an empty query, and without the
  /// fragment, which a server never sees.
  url normalized() const;

  friend bool operator==(const url&, const url&) = default;
  friend auto operator<=>(const url&, const url&) = default;

 private:
  friend class detail::url_parser;

  url() = default;
  url(std::string_view text, const url* base);
  std::size_t size() const noexcept;  // of str(), at most

  std::string scheme_;
  std::string user_;
  std::string password_;
  std::string host_;
  std::string path_;
  std::string query_;
  std::string fragment_;
  std::uint16_t port_ = 0;
  bool has_query_ = false;
  bool has_fragment_ = false;
};

/// Percent-encoding in its one spelling (RFC 3986, 6.2.2): in upper case, of
/// whatever no URL may hold, and not of letters, digits, '-', '.', '_' and '~'. A
/// '%' that begins nothing becomes "%25".
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

}}}  // namespace rondo::v0::http
