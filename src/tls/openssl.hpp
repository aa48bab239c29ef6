// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <memory>
#include <string>

#include <rondo/tls/errors.hpp>

/// OpenSSL's objects, owned.
namespace rondo { inline namespace v0 { namespace detail {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};

using ssl_ptr = std::unique_ptr<SSL, freed_by<&SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<&SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, freed_by<&SSL_SESSION_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<&X509_free>>;
using x509_store_ptr = std::unique_ptr<X509_STORE, freed_by<&X509_STORE_free>>;
using x509_crl_ptr = std::unique_ptr<X509_CRL, freed_by<&X509_CRL_free>>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, freed_by<&EVP_PKEY_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<&BIO_free_all>>;

struct free_chain {
  void operator()(STACK_OF(X509) * p) const noexcept { sk_X509_pop_free(p, X509_free); }
};
using x509_chain_ptr = std::unique_ptr<STACK_OF(X509), free_chain>;

/// Our own codes in tls_category, between those of X509_V_ERR_… and of libraries.
enum tls_code : int {
  code_truncated = 1001,
  code_ended_in_handshake,
  code_unfinished_handshake,
  code_no_certificate,
  code_no_revocation_list,
  code_encrypted_key,
  code_too_much_output,
  code_unknown,
};

inline std::error_code tls_code_of(int code) noexcept { return {code, tls_category()}; }
/// The first error of this thread's queue, which is empty afterwards.
std::error_code take_openssl_error() noexcept;
/// The queue's error about what; std::bad_alloc if memory was short.
[[noreturn]] void throw_openssl_error(const std::string& what);

}}}  // namespace rondo::v0::detail
