// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <rondo/io/stream.hpp>

namespace rondo { inline namespace v0 {

/// What a certificate says.
struct tls_certificate {
  std::string subject;  ///< "CN=example.org,O=Example" (RFC 2253)
  std::string issuer;
  std::string fingerprint;  ///< SHA-256 of the whole, 64 hexadecimal digits
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
};

/// What the two ends of a connection have agreed on.
struct tls_details {
  std::string version;        ///< "TLSv1.3"
  std::string cipher;         ///< "TLS_AES_256_GCM_SHA384"
  std::string alpn_protocol;  ///< empty: none
  std::string server_name;    ///< that the client asked for; empty: none
  bool reused = false;        ///< with the session of an earlier connection
  /// Absent when the peer has none: most clients.
  std::optional<tls_certificate> peer_certificate;
};

/// Python's get_extra_info("ssl_object"). Throws usage_error when the stream is
/// not encrypted, or not yet.
tls_details tls_info(const stream& s);

}}  // namespace rondo::v0
