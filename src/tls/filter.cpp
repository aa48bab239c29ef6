// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "tls/filter.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <rondo/io/endpoint.hpp>

#include "detail/errno_error.hpp"
#include "tls/context_state.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

// Answers, beyond all errno.
constexpr std::int64_t answer_broken = -5000;
constexpr std::int64_t answer_truncated = -5001;

constexpr std::size_t record = 16 * 1024;

}  // namespace

/// The two buffers of a filter as OpenSSL's input and output.
struct filter_bio {
  static BIO* make(tls_filter& filter) {
    BIO* bio = BIO_new(method());
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, &filter);
    BIO_set_init(bio, 1);
    return bio;
  }

 private:
  static tls_filter& of(BIO* bio) noexcept { return *static_cast<tls_filter*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, int size) {
    std::string_view& input = of(bio).input_;
    BIO_clear_retry_flags(bio);
    if (input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::size_t n = std::min(input.size(), static_cast<std::size_t>(size));
    std::memcpy(to, input.data(), n);
    input.remove_prefix(n);
    return static_cast<int>(n);
  }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    try {
      of(bio).pending_.append(data, static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {
      of(bio).no_memory_ = true;
      return -1;
    }
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

  static BIO_METHOD* method() {
    static BIO_METHOD* made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rondo stream");
      if (!m) throw std::bad_alloc();
      BIO_meth_set_read(m, &read);
      BIO_meth_set_write(m, &write);
      BIO_meth_set_ctrl(m, &control);
      return m;
    }();
    return made;
  }
};

tls_filter::tls_filter(tls_context context, const std::string& server_name, std::string session_key,
                       std::string alpn)
    : context_(std::move(context)),
      state_(&context_.state()),
      session_key_(std::move(session_key)),
      alpn_(std::move(alpn)) {
  SSL_CTX* ctx = state_->ready();
  ERR_clear_error();
  ssl_.reset(SSL_new(ctx));
  if (!ssl_) throw_openssl_error("begin TLS");
  SSL* ssl = ssl_.get();
  SSL_set_app_data(ssl, this);
  BIO* bio = filter_bio::make(*this);
  SSL_set_bio(ssl, bio, bio);
  if (state_->server) {
    SSL_set_accept_state(ssl);
    return;
  }
  SSL_set_connect_state(ssl);
  if (!server_name.empty()) set_server_name(server_name);
  if (ssl_session_ptr session = state_->sessions.take(session_key_))
    SSL_set_session(ssl, session.get());
}

// An address is looked for among the addresses of a certificate, and is not sent
// as a name (RFC 6066, section 3).
void tls_filter::set_server_name(const std::string& name) {
  SSL* ssl = ssl_.get();
  if (std::optional<endpoint> address = endpoint::parse(name, 0)) {
    std::string text = address->address();
    text.resize(std::min(text.size(), text.find('%')));
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), text.c_str()) != 1)
      throw_openssl_error("begin TLS with " + name);
    return;
  }
  std::string host = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
  // The subject's common name names no host any more (RFC 9525, section 2).
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (SSL_set_tlsext_host_name(ssl, host.c_str()) != 1 || SSL_set1_host(ssl, host.c_str()) != 1)
    throw_openssl_error("begin TLS with " + name);
}

const std::string& tls_filter::protocols() const noexcept {
  return alpn_.empty() ? state_->alpn : alpn_;
}

void tls_filter::keep_session(ssl_session_ptr session) noexcept {
  try {
    state_->sessions.put(session_key_, std::move(session));
  } catch (const std::bad_alloc&) {  // the next connection does a whole handshake
  }
}

std::int64_t tls_filter::take(std::string_view received, stream_core& into) noexcept {
  if (broken_) return answer_broken;
  // What is provoked by a peer that takes none of it.
  constexpr std::size_t most_pending = 256 * 1024;
  ERR_clear_error();
  input_ = received;
  std::int64_t answer = established_ ? 0 : handshake();
  if (answer == 0 && established_) answer = decrypt(into);
  input_ = {};
  if (answer == 0 && pending_.size() > most_pending) return fail(tls_code_of(code_too_much_output));
  return answer;
}

std::int64_t tls_filter::handshake() noexcept {
  SSL* ssl = ssl_.get();
  int n = SSL_do_handshake(ssl);
  if (n != 1) return SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ ? 0 : fail();
  established_ = true;
  ++state_->statistics.handshakes;
  if (SSL_session_reused(ssl)) {
    ++state_->statistics.resumed;
    // Tickets of TLS 1.3 come anew; a session of TLS 1.2 is good for more.
    if (!state_->server && SSL_version(ssl) < TLS1_3_VERSION)
      keep_session(ssl_session_ptr(SSL_get1_session(ssl)));
  }
  return 0;
}

std::int64_t tls_filter::decrypt(stream_core& into) noexcept {
  SSL* ssl = ssl_.get();
  for (;;) {
    std::size_t likely = input_.size() + static_cast<std::size_t>(SSL_pending(ssl));
    std::span<char> to = into.room(std::clamp<std::size_t>(likely, 512, record));
    if (to.empty()) {
      no_memory_ = true;
      return fail();
    }
    int n = SSL_read(ssl, to.data(), static_cast<int>(std::min(to.size(), record)));
    if (n > 0) {
      into.filled(static_cast<std::size_t>(n));
      continue;
    }
    switch (SSL_get_error(ssl, n)) {
      case SSL_ERROR_WANT_READ:
        return 0;
      case SSL_ERROR_ZERO_RETURN:
        into.at_eof = true;
        return 0;
      default:
        return fail();
    }
  }
}

std::int64_t tls_filter::take_end(stream_core& into) noexcept {
  if (broken_) return answer_broken;
  if (!(SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN)) return answer_truncated;
  into.at_eof = true;
  return 0;
}

std::int64_t tls_filter::encode(std::string_view data) noexcept {
  if (broken_) return answer_broken;
  // So many bytes at a time are sent with one call.
  constexpr std::size_t most = 4 * record;
  constexpr std::size_t most_overhead = 4 * 64;
  data = data.substr(0, most);
  try {
    pending_.reserve(pending_.size() + data.size() + most_overhead);
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  }
  ERR_clear_error();
  int n = SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
  return n > 0 ? n : fail();
}

std::string_view tls_filter::output() noexcept {
  if (sent_ == sending_.size()) {
    sending_.clear();
    sent_ = 0;
    std::swap(sending_, pending_);
  }
  return std::string_view(sending_).substr(sent_);
}

void tls_filter::sent(std::size_t bytes) noexcept {
  sent_ += bytes;
  if (sent_ == sending_.size()) {
    std::string().swap(sending_);  // a connection that waits holds none
    sent_ = 0;
  }
}

void tls_filter::end_output() noexcept {
  if (!established_ || broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::int64_t tls_filter::fail() noexcept {
  long verified = SSL_get_verify_result(ssl_.get());
  bool rejected = ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  std::error_code code = take_openssl_error();
  if (no_memory_) code = std::make_error_code(std::errc::not_enough_memory);
  if (rejected && verified != X509_V_OK) code = tls_code_of(static_cast<int>(verified));
  return fail(code);
}

std::int64_t tls_filter::fail(std::error_code code) noexcept {
  broken_ = true;
  error_ = code;
  return answer_broken;
}

void tls_filter::throw_failure(std::int64_t answer, const std::string& what) const {
  bool refused = answer == -ENOTCONN && !established_;
  if (answer == answer_broken || (refused && broken_)) throw tls_error(error_, what);
  if (answer == answer_truncated)
    throw tls_error(tls_code_of(established_ ? code_truncated : code_ended_in_handshake), what);
  if (refused) throw tls_error(tls_code_of(code_unfinished_handshake), what);
  throw errno_error(-answer, what);
}

}}}  // namespace rondo::v0::detail
