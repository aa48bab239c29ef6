// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/tls/context.hpp>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <system_error>

#include <rondo/coro/errors.hpp>

#include "tls/context_state.hpp"
#include "tls/filter.hpp"

namespace rondo::inline v0 {

namespace detail {

namespace {

struct close_file {
  void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};

bio_ptr open_pem(const std::string& file) {
  auto failure = [&] {
    return std::system_error(errno, std::generic_category(), "load " + file);
  };
  std::unique_ptr<std::FILE, close_file> in(std::fopen(file.c_str(), "re"));
  if (!in) throw failure();
  bio_ptr text(BIO_new(BIO_s_mem()));
  if (!text) throw std::bad_alloc();
  char part[4096];
  while (std::size_t n = std::fread(part, 1, sizeof part, in.get()))
    if (BIO_write(text.get(), part, static_cast<int>(n)) != static_cast<int>(n))
      throw std::bad_alloc();
  if (std::ferror(in.get())) throw failure();
  ERR_clear_error();
  return text;
}

// OpenSSL would ask at the terminal.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}


int select_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* length,
                const unsigned char* offered, unsigned offered_length, void*) {
  const std::string& ours = tls_filter::of(ssl)->context().alpn;
  unsigned char* found = nullptr;
  int answer = SSL_select_next_proto(
      &found, length, reinterpret_cast<const unsigned char*>(ours.data()),
      static_cast<unsigned>(ours.size()), offered, offered_length);
  *chosen = found;
  return answer == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int take_session(SSL* ssl, SSL_SESSION* session) {
  tls_filter::of(ssl)->keep_session(ssl_session_ptr(session));
  return 1;  // the reference is ours
}

}  // namespace

std::vector<x509_ptr> load_certificates(const std::string& file) {
  bio_ptr text = open_pem(file);
  std::vector<x509_ptr> all;
  while (x509_ptr one{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)})
    all.push_back(std::move(one));
  bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!whole) throw_openssl_error("load " + file);
  ERR_clear_error();
  if (all.empty()) throw tls_error(tls_code_of(code_no_certificate), "load " + file);
  return all;
}

tls_identity tls_identity::load(const std::string& certificate_file, const std::string& key_file) {
  tls_identity loaded;
  std::vector<x509_ptr> certificates = load_certificates(certificate_file);
  loaded.certificate = std::move(certificates.front());
  loaded.chain.reset(sk_X509_new_null());
  if (!loaded.chain) throw std::bad_alloc();
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    if (!sk_X509_push(loaded.chain.get(), certificates[i].get())) throw std::bad_alloc();
    certificates[i].release();  // the chain's now
  }
  bio_ptr text = open_pem(key_file);
  bool encrypted = false;
  loaded.key.reset(PEM_read_bio_PrivateKey(text.get(), nullptr, &no_password, &encrypted));
  if (encrypted) {
    ERR_clear_error();
    throw tls_error(tls_code_of(code_encrypted_key), "load " + key_file);
  }
  if (!loaded.key) throw_openssl_error("load " + key_file);
  if (X509_check_private_key(loaded.certificate.get(), loaded.key.get()) != 1)
    throw_openssl_error("load " + certificate_file + " with " + key_file);
  loaded.certificate_file = certificate_file;
  loaded.key_file = key_file;
  return loaded;
}

tls_context_state::tls_context_state(bool is_server)
    : server(is_server), verifies(!is_server), trusted(X509_STORE_new()) {
  if (!trusted) throw std::bad_alloc();
}

void tls_context_state::trust(const std::vector<x509_ptr>& certificates) {
  for (const x509_ptr& c : certificates)
    if (X509_STORE_add_cert(trusted.get(), c.get()) != 1) throw_openssl_error("trust a certificate");
}

void tls_context_state::failed(const endpoint& peer, const std::exception& error) {
  ++statistics.failed;
  if (on_failure) on_failure(peer, error);
}

SSL_CTX* tls_context_state::ready() {
  if (!ctx_) ctx_ = make();
  return ctx_.get();
}

ssl_ctx_ptr tls_context_state::make() const {
  const char* what = "make a tls_context";
  ERR_clear_error();
  ssl_ctx_ptr made(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* ctx = made.get();
  if (!ctx) throw_openssl_error(what);
  SSL_CTX_set_min_proto_version(ctx, oldest_version);
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);  // a connection that waits holds none
  SSL_CTX_set1_cert_store(ctx, trusted.get());
  if (identity.certificate &&
      SSL_CTX_use_cert_and_key(ctx, identity.certificate.get(), identity.key.get(),
                               identity.chain.get(), 1) != 1)
    throw_openssl_error("use " + identity.certificate_file);
  if (!server) {
    SSL_CTX_set_verify(ctx, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, &take_session);
    if (!alpn.empty() &&
        SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(alpn.data()),
                                static_cast<unsigned>(alpn.size())) != 0)
      throw_openssl_error(what);
    return made;
  }
  // A session is in the ticket that its client keeps: clients cost no memory here.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char name[] = "rondo";
  SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1);
  if (!alpn.empty()) SSL_CTX_set_alpn_select_cb(ctx, &select_alpn, nullptr);
  if (verifies) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    for (const x509_ptr& c : client_authorities)
      if (SSL_CTX_add_client_CA(ctx, c.get()) != 1) throw_openssl_error(what);
  }
  return made;
}

}  // namespace detail

tls_context::tls_context(const tls_context& other) noexcept : state_(other.state_) {
  if (state_) state_->retain();
}

tls_context::~tls_context() {
  if (state_) state_->release();
}

detail::tls_context_state& tls_context::state() const {
  if (!state_) throw usage_error("tls_context: it is empty");
  return *state_;
}

tls_context tls_context::client() {
  tls_context made(new detail::tls_context_state(false));
  if (X509_STORE_set_default_paths(made.state_->trusted.get()) != 1)
    detail::throw_openssl_error("load the system's certificates");
  ERR_clear_error();  // of places where there are none
  return made;
}

tls_context tls_context::client(const std::string& ca_file) {
  tls_context made(new detail::tls_context_state(false));
  made.load_verify_file(ca_file);
  return made;
}

tls_context tls_context::server(const std::string& certificate_file, const std::string& key_file) {
  tls_context made(new detail::tls_context_state(true));
  made.load_certificate(certificate_file, key_file);
  return made;
}

void tls_context::load_verify_file(const std::string& ca_file) {
  std::vector<detail::x509_ptr> certificates = detail::load_certificates(ca_file);
  state().trust(certificates);
  state().changed();
}

void tls_context::load_certificate(const std::string& certificate_file,
                                   const std::string& key_file) {
  state().identity = detail::tls_identity::load(certificate_file, key_file);
  state().changed();
}

void tls_context::reload() {
  if (!state().identity.certificate)
    throw usage_error("tls_context::reload: no certificate has been loaded");
  // Copies: what is loaded replaces them.
  load_certificate(std::string(state().identity.certificate_file),
                   std::string(state().identity.key_file));
}

void tls_context::set_alpn_protocols(const std::vector<std::string>& protocols) {
  std::string joined;
  for (const std::string& p : protocols) {
    if (p.empty() || p.size() > 255)
      throw usage_error("tls_context::set_alpn_protocols: '" + p + "' has not 1 to 255 bytes");
    joined += static_cast<char>(p.size());
    joined += p;
  }
  state().alpn = std::move(joined);
  state().changed();
}

void tls_context::set_minimum_version(tls_version oldest) {
  state().oldest_version = oldest == tls_version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  state().changed();
}

void tls_context::require_client_certificate(const std::string& ca_file) {
  if (!is_server())
    throw usage_error("tls_context::require_client_certificate: it is a client's");
  std::vector<detail::x509_ptr> authorities = detail::load_certificates(ca_file);
  // Those of an earlier call are not let in any more.
  detail::x509_store_ptr store(X509_STORE_new());
  if (!store) throw std::bad_alloc();
  std::swap(state().trusted, store);
  state().trust(authorities);
  state().client_authorities = std::move(authorities);
  state().verifies = true;
  state().changed();
}

void tls_context::dangerously_skip_verification() {
  if (is_server())
    throw usage_error("tls_context::dangerously_skip_verification: it is a server's");
  state().verifies = false;
  state().changed();
}

bool tls_context::is_server() const { return state().server; }
tls_statistics tls_context::statistics() const { return state().statistics; }

void tls_context::on_handshake_failure(
    detail::unique_function<void(const endpoint&, const std::exception&)> handler) {
  state().on_failure = std::move(handler);
}

}  // namespace rondo::inline v0
