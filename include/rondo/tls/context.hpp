// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <rondo/detail/counted.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/io/endpoint.hpp>

namespace rondo { inline namespace v0 {

enum class tls_version : std::uint8_t { tls1_2, tls1_3 };

/// Counts of a context's handshakes.
struct tls_statistics {
  std::uint64_t handshakes = 0;  ///< that succeeded
  std::uint64_t resumed = 0;     ///< of those, with the session of an earlier connection
  std::uint64_t failed = 0;      ///< also those that took too long
};

namespace detail {
class tls_context_state;
}

/// What the connections of one side share: certificates, whom to trust, sessions
/// to resume. Python's ssl.SSLContext. TLS 1.2 and 1.3, without renegotiation and
/// compression.
///
/// A counted handle: copies are the same context. What is set applies to later
/// connections; those that exist go on as they are. Files are read at once, with
/// blocking calls. Belongs to the thread of the loop that uses it: make one a
/// thread. An empty one stands for the loop's own client() where a client's is
/// taken.
///
/// Loading throws std::system_error that names the file (`load ca.pem: No such
/// file or directory`), and tls_error for what is in it; the context is then as it
/// was before.
class tls_context {
 public:
  tls_context() noexcept;
  tls_context(const tls_context& other) noexcept;
  tls_context(tls_context&& other) noexcept;
  tls_context& operator=(tls_context other) noexcept;
  ~tls_context();
  explicit operator bool() const noexcept { return static_cast<bool>(state_); }

  /// A client's, which verifies its servers: their certificate must lead to one of
  /// the system's CAs (or of SSL_CERT_FILE, SSL_CERT_DIR) and be for the name that
  /// was asked for. Python's ssl.create_default_context().
  static tls_context client();
  /// The same, trusting the certificates of a PEM file only.
  static tls_context client(const std::string& ca_file);
  /// The same, trusting nobody until load_verify_file says whom. Reads no file.
  static tls_context bare_client();
  /// A server's, with its certificate, followed by those between it and the CA,
  /// and its key: PEM files. The key must not be encrypted.
  static tls_context server(const std::string& certificate_file, const std::string& key_file);

  /// Trusts the certificates of a PEM file too.
  void load_verify_file(const std::string& ca_file);
  /// Our own certificate and its key, as in server(): a client's, or another one for
  /// a server. Sessions of before are not resumed.
  void load_certificate(const std::string& certificate_file, const std::string& key_file);
  /// A server's: shows this certificate to clients that ask for `host` (SNI, RFC 6066
  /// §3): a name, or "*.example.org" for the names that have one label more (RFC 6125
  /// §6.4.3). The whole name wins over "*"; clients that ask for neither, or for
  /// nothing, are shown the context's own certificate. Replaces what was added for the
  /// same host. Throws usage_error for a client's context and a host that is no such
  /// name.
  void add_certificate(const std::string& host, const std::string& certificate_file,
                       const std::string& key_file);
  /// Loads the certificates and keys that were loaded last and added again: the files
  /// were renewed. All of them, or none if one cannot be loaded.
  void reload();

  /// Rejects peers whose certificate is in the list of revoked ones of its CA: a PEM
  /// file with CRLs (RFC 5280 §5), each signed by its CA. From then on each peer's
  /// certificate needs a list of its CA that is not out of date; a newer one is loaded
  /// beside the old. Lists of the CAs themselves are not asked for.
  void load_revocation_lists(const std::string& crl_file);

  /// Protocols in order of preference, such as {"h2", "http/1.1"} (ALPN, RFC 7301).
  /// The server's order decides; a server that has none of its client's ends the
  /// handshake. Throws usage_error for an empty one or one over 255 bytes.
  void set_alpn_protocols(const std::vector<std::string>& protocols);
  /// TLS 1.2 unless set.
  void set_minimum_version(tls_version oldest);
  /// A server's: every client must have a certificate that leads to a CA of this
  /// PEM file.
  void require_client_certificate(const std::string& ca_file);
  /// A client's: anybody can pretend to be the server, and read and change all
  /// that is sent. For tests.
  void dangerously_skip_verification();

  bool is_server() const;
  tls_statistics statistics() const;
  /// Is told of each handshake that fails, with the peer and the error, for logs.
  /// A server's failures are told to nobody else. It must not throw.
  void on_handshake_failure(
      detail::unique_function<void(const endpoint& peer, const std::exception& error)> handler);

  // For connections:
  detail::tls_context_state& state() const;

 private:
  explicit tls_context(detail::tls_context_state* state) noexcept;
  detail::ref<detail::tls_context_state> state_;
};

}}  // namespace rondo::v0
