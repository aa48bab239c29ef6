// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/tls/info.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <ctime>
#include <string_view>

#include <rondo/coro/errors.hpp>

#include "tls/filter.hpp"

namespace rondo { inline namespace v0 {

namespace {

std::string text_of(const X509_NAME* name) {
  detail::bio_ptr text(BIO_new(BIO_s_mem()));
  if (!text || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    detail::throw_openssl_error("tls_info");
  char* data = nullptr;
  long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) detail::throw_openssl_error("tls_info");
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&fields)));
}

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
    detail::throw_openssl_error("tls_info");
  constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

tls_details tls_info(const stream& s) {
  const detail::stream_filter* filter = s.internal() ? s.internal()->filter.get() : nullptr;
  if (!filter || filter->kind() != std::string_view("tls") || !filter->established())
    throw usage_error("tls_info: the stream is not encrypted");
  ERR_clear_error();
  const SSL* ssl = static_cast<const detail::tls_filter*>(filter)->ssl();
  tls_details info;
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  info.alpn_protocol.assign(reinterpret_cast<const char*>(protocol), size);
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
    info.server_name = name;
  info.reused = SSL_session_reused(ssl) == 1;
  if (const X509* certificate = SSL_get0_peer_certificate(ssl)) {
    tls_certificate& peer = info.peer_certificate.emplace();
    peer.subject = text_of(X509_get_subject_name(certificate));
    peer.issuer = text_of(X509_get_issuer_name(certificate));
    peer.fingerprint = fingerprint_of(certificate);
    peer.not_before = time_of(X509_get0_notBefore(certificate));
    peer.not_after = time_of(X509_get0_notAfter(certificate));
  }
  return info;
}

}}  // namespace rondo::v0
