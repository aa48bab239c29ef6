// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/tls/errors.hpp>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <climits>
#include <new>
#include <string>

#include "tls/openssl.hpp"

namespace rondo { inline namespace v0 {

namespace {

constexpr int last_verification_code = 1000;

class conditions final : public std::error_category {
  const char* name() const noexcept override { return "tls"; }
  std::string message(int condition) const override {
    switch (static_cast<tls_errc>(condition)) {
      case tls_errc::certificate_rejected:
        return "certificate rejected";
      case tls_errc::alert_received:
        return "alert received";
      case tls_errc::truncated:
        return "truncated";
      case tls_errc::protocol:
        break;
    }
    return "protocol error";
  }
};

const std::error_category& condition_category() noexcept {
  static const conditions it;
  return it;
}

class codes final : public std::error_category {
  const char* name() const noexcept override { return "tls"; }

  std::string message(int code) const override {
    switch (code) {
      case detail::code_truncated:
        return "the connection ended without close_notify; data may be missing";
      case detail::code_ended_in_handshake:
        return "the peer closed the connection";
      case detail::code_unfinished_handshake:
        return "the TLS handshake was not completed";
      case detail::code_no_certificate:
        return "no PEM certificate in it";
      case detail::code_no_revocation_list:
        return "no PEM list of revoked certificates in it";
      case detail::code_encrypted_key:
        return "the key is encrypted";
      case detail::code_too_much_output:
        return "the peer provokes more answers than it takes";
      case detail::code_unknown:
        return "unknown TLS error";
    }
    if (code < last_verification_code) return X509_verify_cert_error_string(code);
    const char* reason = ERR_reason_error_string(static_cast<unsigned long>(code));
    return reason ? reason : "OpenSSL error " + std::to_string(code);
  }

  std::error_condition default_error_condition(int code) const noexcept override {
    if (code < last_verification_code) return tls_errc::certificate_rejected;
    if (code == detail::code_truncated) return tls_errc::truncated;
    auto packed = static_cast<unsigned long>(code);
    if (ERR_GET_LIB(packed) == ERR_LIB_SSL && ERR_GET_REASON(packed) >= SSL_AD_REASON_OFFSET)
      return tls_errc::alert_received;
    return tls_errc::protocol;
  }
};

}  // namespace

const std::error_category& tls_category() noexcept {
  static const codes it;
  return it;
}

std::error_condition make_error_condition(tls_errc e) noexcept {
  return {static_cast<int>(e), condition_category()};
}

namespace detail {

std::error_code take_openssl_error() noexcept {
  unsigned long packed = ERR_get_error();
  ERR_clear_error();
  if (packed == 0) return tls_code_of(code_unknown);
  if (ERR_SYSTEM_ERROR(packed)) return {ERR_GET_REASON(packed), std::generic_category()};
  return tls_code_of(static_cast<int>(packed & INT_MAX));
}

void throw_openssl_error(const std::string& what) {
  bool no_memory = ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;
  std::error_code code = take_openssl_error();
  if (no_memory) throw std::bad_alloc();
  throw tls_error(code, what);
}

}  // namespace detail

}}  // namespace rondo::v0
