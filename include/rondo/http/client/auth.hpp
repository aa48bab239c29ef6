// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace rondo { inline namespace v0 { namespace http {

/// Who the client says it is. Sent to the host of the URL only, never to one that
/// a redirect leads to.
class auth {
 public:
  enum class scheme : unsigned char { basic, bearer, digest };

  /// Name and password, readable by everyone between when the URL is not https
  /// (RFC 7617).
  static auth basic(std::string user, std::string password) {
    return auth(scheme::basic, std::move(user), std::move(password));
  }
  /// A token, such as those of OAuth 2.0 (RFC 6750).
  static auth bearer(std::string token) { return auth(scheme::bearer, {}, std::move(token)); }
  /// Name and password; the password itself is not sent (RFC 7616). Costs a second
  /// request where the server asks for it.
  static auth digest(std::string user, std::string password) {
    return auth(scheme::digest, std::move(user), std::move(password));
  }

  scheme kind() const noexcept { return kind_; }
  const std::string& user() const noexcept { return user_; }
  /// The password or the token.
  const std::string& secret() const noexcept { return secret_; }

 private:
  auth(scheme kind, std::string user, std::string secret)
      : user_(std::move(user)), secret_(std::move(secret)), kind_(kind) {}

  std::string user_;
  std::string secret_;
  scheme kind_;
};

}}}  // namespace rondo::v0::http
