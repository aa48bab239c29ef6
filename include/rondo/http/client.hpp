// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/http/headers.hpp>
#include <rondo/loop/time.hpp>

namespace rondo::inline v0::http {

/// What went wrong with a transfer.
enum class failure : unsigned char {
  bad_url,        ///< malformed, or a scheme that is not http or https
  unknown_host,   ///< the name does not resolve
  connect,        ///< refused, unreachable
  tls,            ///< certificate or handshake
  timeout,        ///< of any kind
  cut,            ///< the connection ended before the body was whole
  too_large,      ///< more than the caller allows
  status,         ///< raise_for_status: 400 and up
  redirects,      ///< more than allowed
  other,
};

/// A failed transfer. The text names the URL and the cause.
class http_error : public error {
 public:
  http_error(std::string what, failure why, int status = 0)
      : error(std::move(what)), why_(why), status_(status) {}
  failure why() const noexcept { return why_; }
  /// The status of the response, 0 when there is none.
  int status() const noexcept { return status_; }

 private:
  failure why_;
  int status_;
};

/// How to make a request. Everything has a default.
struct request_options {
  request_options() {}
  std::string method = "GET";
  headers fields;
  std::string body;
  delay connect_timeout = std::chrono::seconds(10);
  /// For the whole transfer; none: as long as it goes on.
  std::optional<delay> total_timeout;
  /// Give up when nothing at all comes for so long.
  delay stall_timeout = std::chrono::seconds(30);
  int max_redirects = 10;
  /// The largest body that get() collects.
  std::size_t max_body = 1u << 30;
};

/// A whole response.
struct response {
  response() {}
  int status = 0;
  headers fields;
  std::string body;
  /// Where it came from, after redirects.
  std::string url;

  bool ok() const noexcept { return status >= 200 && status < 400; }
  /// Throws http_error for a status of 400 and up.
  void raise_for_status() const;
};

namespace detail {
struct session_state;
struct transfer_state;
}  // namespace detail

/// A response whose body is read piece by piece. A slow reader slows the
/// transfer down. Destroying it ends the transfer.
class [[nodiscard]] transfer {
 public:
  explicit transfer(detail::transfer_state* state) noexcept : state_(state) {}
  transfer(transfer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  transfer& operator=(transfer&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~transfer();

  int status() const noexcept;
  const headers& fields() const noexcept;
  const std::string& url() const noexcept;
  /// The length of the body as the server announced it.
  std::optional<std::uint64_t> content_length() const noexcept;
  void raise_for_status() const;

  /// The next piece of the body, empty at its end. Throws http_error. Cancelling
  /// it loses nothing.
  task<std::string> read();

 private:
  detail::transfer_state* state_;
};

struct session_options {
  /// Open connections kept for later requests; more are closed, oldest first.
  std::size_t kept_connections = 256;
};

/// Requests that share connections, as in Python's requests and httpx. Follows
/// redirects, verifies TLS certificates, unpacks compressed bodies. Proxies come
/// from the usual environment variables.
///
/// Belongs to one loop's thread; make it inside of `run`. Must outlive its
/// transfers.
class session {
 public:
  explicit session(session_options options = {});
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  /// A GET, or whatever the options say; the whole body in memory. Throws
  /// http_error; a status of 400 and up is not an error by itself. Cancelling it
  /// ends the transfer, at once.
  task<response> get(std::string url, request_options options = {});
  /// The same, for reading the body piece by piece; returns with the header.
  task<transfer> stream(std::string url, request_options options = {});

 private:
  detail::session_state* state_;
};

/// `session::get` on a session of this loop's own.
task<response> get(std::string url, request_options options = {});

}  // namespace rondo::inline v0::http
