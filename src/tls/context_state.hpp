// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/detail/counted.hpp>
#include <rondo/tls/context.hpp>

#include "tls/openssl.hpp"
#include "tls/session_cache.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// A certificate with those between it and its CA, and its key.
struct tls_identity {
  x509_ptr certificate;
  x509_chain_ptr chain;
  pkey_ptr key;
  std::string certificate_file;
  std::string key_file;

  /// Reads it, and checks that the key is the certificate's.
  static tls_identity load(const std::string& certificate_file, const std::string& key_file);
};

/// What a tls_context stands for: settings, and the SSL_CTX that is made of them
/// when it is needed. A change makes another SSL_CTX for later connections, since
/// OpenSSL cannot take a certificate out of one again.
class tls_context_state : public counted<tls_context_state> {
 public:
  explicit tls_context_state(bool is_server);

  SSL_CTX* ready();
  /// A setting has changed: no session of before is resumed.
  void changed() noexcept {
    ctx_.reset();
    sessions.clear();
  }
  void trust(const std::vector<x509_ptr>& certificates);
  /// Revoked ones are rejected from now on.
  void distrust(std::vector<x509_crl_ptr> lists);
  /// Trusts these only.
  void trust_only(std::vector<x509_ptr> authorities);
  /// Null: the context's own.
  const tls_identity* identity_for(std::string_view host) const;
  /// Counts a failure, and tells who wants to know.
  void failed(const endpoint& peer, const std::exception& error);

  const bool server;
  bool verifies;
  int oldest_version = TLS1_2_VERSION;
  x509_store_ptr trusted;
  std::vector<x509_ptr> client_authorities;
  std::vector<x509_crl_ptr> revocation_lists;
  tls_identity identity;
  std::map<std::string, tls_identity, std::less<>> identities;  ///< by host, in lower case
  std::string alpn;  ///< as it is sent: each one behind its length
  session_cache sessions;
  tls_statistics statistics;
  unique_function<void(const endpoint&, const std::exception&)> on_failure;

 private:
  friend counted;
  ~tls_context_state() = default;
  ssl_ctx_ptr make() const;

  ssl_ctx_ptr ctx_;
};

std::vector<x509_ptr> load_certificates(const std::string& file);
std::vector<x509_crl_ptr> load_revocation_lists(const std::string& file);
/// Protocols as they are sent (ALPN). Throws usage_error.
std::string alpn_list(const std::vector<std::string>& protocols);
/// As it is a key of identities. Throws usage_error.
std::string host_pattern(const std::string& host);

}}}  // namespace rondo::v0::detail
