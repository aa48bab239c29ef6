// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <system_error>
#include <type_traits>

namespace rondo { inline namespace v0 {

/// What a tls_error is about, to compare its code() with:
/// `if (e.code() == rondo::tls_errc::certificate_rejected)`.
enum class tls_errc {
  /// We do not trust the peer's certificate: expired, for another host, from an
  /// unknown CA…
  certificate_rejected = 1,
  /// The peer says why it ends the connection: it rejects our certificate, or
  /// shares no version, cipher or protocol with us.
  alert_received,
  /// The connection ended without the words that end TLS (close_notify): what has
  /// come may be a part.
  truncated,
  /// Anything else: the peer does not speak TLS, a file does not hold what it
  /// should.
  protocol,
};

/// The category of tls_error's codes: OpenSSL's numbers, those of X509_V_ERR_…
/// for a certificate that we reject.
const std::error_category& tls_category() noexcept;
std::error_condition make_error_condition(tls_errc e) noexcept;

/// An error of TLS. Its text names the operation, the host and the cause:
/// `tls handshake with example.org:443: certificate has expired`.
class tls_error : public std::system_error {
 public:
  using std::system_error::system_error;
};

}}  // namespace rondo::v0

template <>
struct std::is_error_condition_enum<rondo::tls_errc> : std::true_type {};
