// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/http/client/body.hpp>
#include <rondo/http/client/cookie.hpp>
#include <rondo/http/client/request_options.hpp>
#include <rondo/http/client/response.hpp>
#include <rondo/http/client/session_options.hpp>
#include <rondo/http/client/transfer.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
struct session_state;
}

/// Requests that share connections, cookies and settings, as in Python's requests
/// and httpx. Follows redirects, verifies TLS certificates, unpacks compressed
/// bodies. Names are looked up by libcurl on threads of its own, which never hold
/// the loop.
///
/// What a request throws: http_error when it failed; a status of 400 and up is no
/// failure by itself (response::raise_for_status). usage_error for what could not
/// stand in a request: line breaks in a field, a malformed method. Cancelling a
/// request ends it at once, and leaves the session as it should be.
///
/// A compressed body is unpacked in steps between which other tasks run.
///
/// Belongs to the loop that it was made in; make it inside of `run`. Used in another loop,
/// or in a second run, every call throws usage_error. Should outlive its transfers: those
/// that are left fail. Those that are left when the loop ends fail too.
class session {
 public:
  /// Throws usage_error for options that no request could be made with.
  explicit session(const session_options& options = {});
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  /// The response with its whole body in memory. They throw what stands above. Cancelled,
  /// the connection ends (over HTTP/2 the stream); the server may have done what it was asked.
  task<response> get(std::string url, request_options options = {});
  task<response> head(std::string url, request_options options = {});
  task<response> post(std::string url, body content = {}, request_options options = {});
  task<response> put(std::string url, body content = {}, request_options options = {});
  task<response> patch(std::string url, body content = {}, request_options options = {});
  task<response> delete_(std::string url, request_options options = {});
  /// The same with any method. Cancelled: as get.
  task<response> request(std::string method, std::string url, body content = {},
                         request_options options = {});

  /// A GET whose body is read piece by piece; returns with the header. Cancelled: as get.
  task<transfer> stream(std::string url, request_options options = {});
  /// The same with any method. A body in pieces is sent to its end before it
  /// returns; what the server answers meanwhile is kept, up to options.max_body.
  /// Cancelled: as get.
  task<transfer> stream(std::string method, std::string url, body content = {},
                        request_options options = {});

  /// The cookies in the jar.
  std::vector<cookie> cookies() const;
  /// Puts one in, in place of an older one of the same name, domain and path. Throws
  /// usage_error for one that could not stand in a header, or without a domain.
  void set_cookie(const cookie& c);
  void clear_cookies();

 private:
  detail::session_state* state_;
};

/// The same on a session of this loop's own, which keeps no cookies. They throw, and do when
/// they are cancelled, what session::get does.
task<response> get(std::string url, request_options options = {});
task<response> head(std::string url, request_options options = {});
task<response> post(std::string url, body content = {}, request_options options = {});
task<response> put(std::string url, body content = {}, request_options options = {});
task<response> patch(std::string url, body content = {}, request_options options = {});
task<response> delete_(std::string url, request_options options = {});

}}}  // namespace rondo::v0::http
