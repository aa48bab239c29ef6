// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/io/detail/stream_core.hpp>
#include <rondo/tls/context.hpp>

#include "tls/openssl.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// TLS on a stream. OpenSSL reads the bytes that have come where they lie, and
/// writes what is to be sent into a string.
class tls_filter final : public stream_filter {
 public:
  /// A client's with the name that it asks for, and whose certificate it wants;
  /// session_key: under which its session is kept. alpn: a server's protocols, in place of
  /// those of its context.
  tls_filter(tls_context context, const std::string& server_name, std::string session_key,
             std::string alpn);
  tls_filter(const tls_filter&) = delete;
  tls_filter& operator=(const tls_filter&) = delete;

  static tls_filter* of(const SSL* ssl) noexcept {
    return static_cast<tls_filter*>(SSL_get_app_data(ssl));
  }
  SSL* ssl() const noexcept { return ssl_.get(); }
  tls_context_state& context() const noexcept { return *state_; }
  /// What a server selects from (ALPN), as it is sent.
  const std::string& protocols() const noexcept;
  /// For the next connection to the same server.
  void keep_session(ssl_session_ptr session) noexcept;

  const char* kind() const noexcept override { return "tls"; }
  bool established() const noexcept override { return established_; }
  std::int64_t take(std::string_view received, stream_core& into) noexcept override;
  std::int64_t take_end(stream_core& into) noexcept override;
  std::int64_t encode(std::string_view data) noexcept override;
  std::string_view output() noexcept override;
  void sent(std::size_t bytes) noexcept override;
  void end_output() noexcept override;
  [[noreturn]] void throw_failure(std::int64_t answer, const std::string& what) const override;

 private:
  friend struct filter_bio;

  void set_server_name(const std::string& name);
  std::int64_t handshake() noexcept;
  std::int64_t decrypt(stream_core& into) noexcept;
  std::int64_t fail() noexcept;
  std::int64_t fail(std::error_code code) noexcept;

  tls_context context_;
  tls_context_state* state_;
  ssl_ptr ssl_;
  std::string session_key_;
  std::string alpn_;
  std::string_view input_;  // what OpenSSL has not read yet of what has come
  std::string sending_;     // stays where it is: the kernel may read it
  std::size_t sent_ = 0;    // of sending_
  std::string pending_;     // what follows it
  std::error_code error_;   // what broke it
  bool established_ = false;
  bool broken_ = false;  // OpenSSL must not be asked again
  bool no_memory_ = false;
};

}}}  // namespace rondo::v0::detail
