// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/tls_session.hpp"

#include <string_view>

#if RONDO_HAS_OPENSSL
#include <openssl/ssl.h>
#endif

namespace rondo { inline namespace v0 { namespace http::detail {

#if RONDO_HAS_OPENSSL

namespace {

using noted_function = void (*)(void* owner, const void* tls) noexcept;

int owner_index() {
  static const int index = ::SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// One for all: there is one kind of owner.
noted_function noted_by_owner = nullptr;

void on_tls_event(const SSL* tls, int type, int value) {
  if (type != SSL_CB_READ_ALERT || (value & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  if (void* owner = ::SSL_CTX_get_ex_data(::SSL_get_SSL_CTX(tls), owner_index()))
    noted_by_owner(owner, tls);
}

CURLcode on_context(CURL*, void* context, void* owner) {
  auto* c = static_cast<SSL_CTX*>(context);
  if (!::SSL_CTX_set_ex_data(c, owner_index(), owner)) return CURLE_OUT_OF_MEMORY;
  ::SSL_CTX_set_info_callback(c, &on_tls_event);
  return CURLE_OK;
}

SSL* openssl_of(CURL* easy) noexcept {
  curl_tlssessioninfo* info = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK || !info) return nullptr;
  return info->backend == CURLSSLBACKEND_OPENSSL ? static_cast<SSL*>(info->internals) : nullptr;
}

}  // namespace

void watch_close_notify(CURL* easy, void* owner, noted_function noted) {
  static const bool is_openssl = [] {
    const char* name = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return name && std::string_view(name).find("OpenSSL") != std::string_view::npos;
  }();
  if (!is_openssl) return;
  static const bool set_once = [noted] {
    noted_by_owner = noted;
    return true;
  }();
  static_cast<void>(set_once);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, owner);
}

const void* tls_of(CURL* easy) noexcept { return openssl_of(easy); }

bool speaks_http2(CURL* easy, http_version wanted) noexcept {
  SSL* tls = openssl_of(easy);
  if (!tls) return wanted == http_version::http2 || wanted == http_version::http2_prior_knowledge;
  const unsigned char* name = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(tls, &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

bool has_tls_input(CURL* easy) noexcept {
  SSL* tls = openssl_of(easy);
  return tls && ::SSL_has_pending(tls);
}

#else

void watch_close_notify(CURL*, void*, void (*)(void*, const void*) noexcept) {}
const void* tls_of(CURL*) noexcept { return nullptr; }
// Then it may be HTTP/2 wherever that is possible.
bool speaks_http2(CURL*, http_version wanted) noexcept { return wanted != http_version::http1; }
bool has_tls_input(CURL*) noexcept { return false; }

#endif

}}}  // namespace rondo::v0::http::detail
