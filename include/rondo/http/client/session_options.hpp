// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <rondo/http/client/auth.hpp>
#include <rondo/http/client/retry_policy.hpp>
#include <rondo/http/client/timeouts.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/io/stream.hpp>

namespace rondo { inline namespace v0 { namespace http {

enum class http_version : unsigned char {
  automatic,              ///< HTTP/2 over TLS where the server has it (ALPN), else HTTP/1.1
  http1,                  ///< HTTP/1.1
  http2,                  ///< as automatic, and asks for an upgrade without TLS
  http2_prior_knowledge,  ///< HTTP/2 at once, also without TLS
};

/// How a session makes its requests.
struct session_options {
  session_options() {}

  /// What URLs without a scheme are relative to: "https://api.example.com/v1/". They never
  /// lead to another host: "//evil.example/" fails with failure::outside_base.
  ///
  /// With it, the session's auth and headers are for that scheme, host and port alone: who is
  /// asked for with a whole URL elsewhere, or after a redirect, gets of them only User-Agent,
  /// Accept, Accept-Language and Accept-Encoding.
  std::string base_url;
  /// Also whole URLs, and paths with "..", must lead to what is below base_url; else the
  /// request fails with failure::outside_base, before anything is sent. For URLs that users
  /// make. Where the server redirects to is the server's own affair.
  bool stay_below_base = false;
  /// Sent with every request; see base_url.
  http::headers headers;
  /// User-Agent. Empty: "rondo/" and the version.
  std::string user_agent;
  std::optional<http::auth> auth;
  http::timeouts timeouts;
  retry_policy retry;
  int max_redirects = 10;
  /// The largest body that is collected in memory, unpacked.
  std::size_t max_body = 1u << 30;
  /// Keeps the cookies that servers set, and sends them back.
  bool cookies = true;

  http_version version = http_version::automatic;
  /// Open connections kept for later requests; more are closed, oldest first.
  std::size_t kept_connections = 256;
  /// Connections at the same time; requests that need more wait. None: no limit; 0
  /// is refused (usage_error).
  std::optional<std::size_t> connections_per_host;
  std::optional<std::size_t> connections;

  /// CAs to trust in place of the system's (PEM). Empty: those of the system, or what the
  /// environment names in their place (SSL_CERT_FILE, SSL_CERT_DIR), as OpenSSL does it.
  std::string ca_file;
  /// The certificate that says who the client is, and its key (PEM).
  std::string certificate_file;
  std::string key_file;
  std::string key_password;
  /// For tests: anybody can then claim to be the server.
  bool dangerously_skip_verification = false;

  /// "http://proxy:3128", "socks5h://proxy". Empty: as the environment says
  /// (http_proxy, https_proxy, all_proxy, no_proxy).
  std::string proxy;
  /// Hosts that are reached without the proxy, separated by commas or blanks: names
  /// ("example.com" is also what is below it), addresses, networks ("10.0.0.0/8",
  /// "fd00::/8"), each with a port if only that is meant ("example.com:8080", "[::1]:80");
  /// "*": all.
  std::string no_proxy;
  /// False: no proxy and no CAs of the environment.
  bool environment = true;

  /// Who answers, in place of the network and of proxies: is given the other end of each
  /// connection. Such as in_process, for tests; then any host leads there, and virtual time
  /// works too. What it throws is reported, and that connection is cut.
  std::function<void(stream)> served_by;
};

}}}  // namespace rondo::v0::http
