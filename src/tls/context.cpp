// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/tls/context.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>

#include <rondo/coro/errors.hpp>

#include "detail/ascii.hpp"
#include "detail/errno_error.hpp"
#include "tls/context_state.hpp"
#include "tls/filter.hpp"

namespace rondo { inline namespace v0 {

namespace detail {

namespace {

struct close_file {
  void operator()(std::FILE* f) const noexcept { std::fclose(f); }
};

bio_ptr open_pem(const std::string& file) {
  auto failure = [&] { return errno_error(errno, "load " + file); };
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

/// All objects of a PEM file that one `read` finds in it, at least one.
template <class Pointer>
std::vector<Pointer> load_all(const std::string& file, auto read, tls_code none) {
  bio_ptr text = open_pem(file);
  std::vector<Pointer> all;
  while (Pointer one{read(text.get(), nullptr, nullptr, nullptr)}) all.push_back(std::move(one));
  bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!whole) throw_openssl_error("load " + file);
  ERR_clear_error();
  if (all.empty()) throw tls_error(tls_code_of(none), "load " + file);
  return all;
}

// OpenSSL's "certificate callback": it knows what the client asks for, and has not
// chosen a certificate yet. 0 ends the handshake.
int select_certificate(SSL* ssl, void*) {
  const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!host) return 1;
  const tls_identity* chosen = nullptr;
  try {
    chosen = tls_filter::of(ssl)->context().identity_for(host);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  if (!chosen) return 1;
  return SSL_use_cert_and_key(ssl, chosen->certificate.get(), chosen->key.get(),
                              chosen->chain.get(), 1);
}

int select_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* length,
                const unsigned char* offered, unsigned offered_length, void*) {
  const std::string& ours = tls_filter::of(ssl)->protocols();
  if (ours.empty()) return SSL_TLSEXT_ERR_NOACK;
  unsigned char* found = nullptr;
  int answer =
      SSL_select_next_proto(&found, length, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), offered, offered_length);
  *chosen = found;
  return answer == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Which algorithms are spoken follows RFC 9325 and Mozilla's "intermediate" guide. The
// library's own defaults are wider.
//
// Curves only. In the finite fields that TLS 1.3 knows as well, a hello from the client,
// which costs it nothing, costs the server up to a tenth of a second (CVE-2002-20001,
// CVE-2022-40735). A hybrid that quantum computers do not break comes first where the library
// has it (OpenSSL 3.5; "*" is there a key share that a client sends at once).
void choose_groups(SSL_CTX* ctx) {
  for (const char* list : {"*X25519MLKEM768:*X25519:P-256:X448:P-384:P-521",
                           "X25519:P-256:X448:P-384:P-521", "P-256:P-384:P-521"})  // FIPS
    if (SSL_CTX_set1_groups_list(ctx, list) == 1) return ERR_clear_error();
  throw_openssl_error("choose the curves of TLS");
}

// TLS 1.2's (those of 1.3 are all good): each has forward secrecy, since a stolen key must not
// open what was recorded. A server takes only those that encrypt and authenticate in one
// (AEAD); a client takes CBC at last, for servers that know no better.
void choose_ciphers(SSL_CTX* ctx, bool server) {
  const char* list = server ? "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!aDSS"
                            : "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:"
                              "ECDHE+AES:DHE+AES:!aNULL:!aDSS:!SHA1:!AESCCM";
  if (SSL_CTX_set_cipher_list(ctx, list) != 1) throw_openssl_error("choose the ciphers of TLS");
}

int take_session(SSL* ssl, SSL_SESSION* session) {
  tls_filter::of(ssl)->keep_session(ssl_session_ptr(session));
  return 1;  // the reference is ours
}

}  // namespace

std::vector<x509_ptr> load_certificates(const std::string& file) {
  return load_all<x509_ptr>(file, &PEM_read_bio_X509, code_no_certificate);
}

std::vector<x509_crl_ptr> load_revocation_lists(const std::string& file) {
  return load_all<x509_crl_ptr>(file, &PEM_read_bio_X509_CRL, code_no_revocation_list);
}

// "*" stands for the first label, and the rest has two at least: never for all of a
// top-level domain.
std::string host_pattern(const std::string& host) {
  std::string pattern = ascii::lower(host);
  std::string_view name = pattern;
  bool wildcard = name.starts_with("*.");
  if (wildcard) name.remove_prefix(2);
  constexpr std::string_view forbidden("*/: \0", 5);
  bool known = !name.empty() && !name.starts_with('.') && !name.ends_with('.') &&
               name.find_first_of(forbidden) == name.npos;
  if (wildcard) known = known && name.find('.') != name.npos;
  if (!known)
    throw usage_error("tls_context::add_certificate: '" + host +
                      "' is neither a host name nor \"*.\" before one");
  return pattern;
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

std::string alpn_list(const std::vector<std::string>& protocols) {
  std::string joined;
  for (const std::string& p : protocols) {
    if (p.empty() || p.size() > 255)
      throw usage_error("tls_context::set_alpn_protocols: '" + p + "' has not 1 to 255 bytes");
    joined += static_cast<char>(p.size());
    joined += p;
  }
  return joined;
}

tls_context_state::tls_context_state(bool is_server)
    : server(is_server), verifies(!is_server), trusted(X509_STORE_new()) {
  if (!trusted) throw std::bad_alloc();
}

void tls_context_state::trust(const std::vector<x509_ptr>& certificates) {
  for (const x509_ptr& c : certificates)
    if (X509_STORE_add_cert(trusted.get(), c.get()) != 1)
      throw_openssl_error("trust a certificate");
}

void tls_context_state::distrust(std::vector<x509_crl_ptr> lists) {
  revocation_lists.reserve(revocation_lists.size() + lists.size());
  for (x509_crl_ptr& list : lists) {
    if (X509_STORE_add_crl(trusted.get(), list.get()) != 1)
      throw_openssl_error("add a list of revoked certificates");
    revocation_lists.push_back(std::move(list));
  }
  X509_STORE_set_flags(trusted.get(), X509_V_FLAG_CRL_CHECK);
}

void tls_context_state::trust_only(std::vector<x509_ptr> authorities) {
  x509_store_ptr before(X509_STORE_new());
  if (!before) throw std::bad_alloc();
  std::swap(trusted, before);
  trust(authorities);
  std::vector<x509_crl_ptr> lists = std::move(revocation_lists);
  revocation_lists.clear();
  if (!lists.empty()) distrust(std::move(lists));
  client_authorities = std::move(authorities);
}

const tls_identity* tls_context_state::identity_for(std::string_view host) const {
  std::string name = ascii::lower(host);
  auto found = identities.find(name);
  std::size_t dot = name.find('.');
  if (found == identities.end() && dot != name.npos && dot > 0)
    found = identities.find("*" + name.substr(dot));
  return found == identities.end() ? nullptr : &found->second;
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
  choose_groups(ctx);
  choose_ciphers(ctx, server);
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
  // The order is the server's; a client that puts ChaCha20 first, having no hardware for AES,
  // gets it.
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // A session is in the ticket that its client keeps: clients cost no memory here.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char name[] = "rondo";
  SSL_CTX_set_session_id_context(ctx, name, sizeof name - 1);
  if (!identities.empty()) SSL_CTX_set_cert_cb(ctx, &select_certificate, nullptr);
  SSL_CTX_set_alpn_select_cb(ctx, &select_alpn, nullptr);
  if (verifies) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    for (const x509_ptr& c : client_authorities)
      if (SSL_CTX_add_client_CA(ctx, c.get()) != 1) throw_openssl_error(what);
  }
  return made;
}

}  // namespace detail

tls_context::tls_context() noexcept = default;
tls_context::tls_context(const tls_context&) noexcept = default;
tls_context::tls_context(tls_context&&) noexcept = default;
tls_context& tls_context::operator=(tls_context other) noexcept {
  state_ = std::move(other.state_);
  return *this;
}
tls_context::~tls_context() = default;
tls_context::tls_context(detail::tls_context_state* state) noexcept : state_(state) {}

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

tls_context tls_context::bare_client() { return tls_context(new detail::tls_context_state(false)); }

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

void tls_context::add_certificate(const std::string& host, const std::string& certificate_file,
                                  const std::string& key_file) {
  if (!is_server()) throw usage_error("tls_context::add_certificate: it is a client's");
  std::string pattern = detail::host_pattern(host);
  detail::tls_identity loaded = detail::tls_identity::load(certificate_file, key_file);
  state().identities.insert_or_assign(std::move(pattern), std::move(loaded));
  state().changed();
}

void tls_context::reload() {
  const detail::tls_identity& own = state().identity;
  if (!own.certificate) throw usage_error("tls_context::reload: no certificate has been loaded");
  auto again = [](const detail::tls_identity& i) {
    return detail::tls_identity::load(i.certificate_file, i.key_file);
  };
  detail::tls_identity loaded = again(own);
  std::map<std::string, detail::tls_identity, std::less<>> all;
  for (const auto& [host, identity] : state().identities) all.emplace(host, again(identity));
  state().identity = std::move(loaded);
  state().identities = std::move(all);
  state().changed();
}

void tls_context::load_revocation_lists(const std::string& crl_file) {
  state().distrust(detail::load_revocation_lists(crl_file));
  state().changed();
}

void tls_context::set_alpn_protocols(const std::vector<std::string>& protocols) {
  state().alpn = detail::alpn_list(protocols);
  state().changed();
}

void tls_context::set_minimum_version(tls_version oldest) {
  state().oldest_version = oldest == tls_version::tls1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  state().changed();
}

void tls_context::require_client_certificate(const std::string& ca_file) {
  if (!is_server()) throw usage_error("tls_context::require_client_certificate: it is a client's");
  // Those of an earlier call are not let in any more.
  state().trust_only(detail::load_certificates(ca_file));
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

}}  // namespace rondo::v0
