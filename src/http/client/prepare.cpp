// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// From what the user asks for to what libcurl is told.
#include <algorithm>
#include <initializer_list>

#include <rondo/coro/errors.hpp>

#include "http/client/session_state.hpp"
#include "http/client/target.hpp"
#include "http/client/transfer_state.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

long milliseconds(delay d) {
  constexpr std::int64_t longest = 1'000'000'000;  // 11 days
  return static_cast<long>(std::clamp<std::int64_t>((d.count() + 999'999) / 1'000'000, 1, longest));
}

/// How much libcurl reads at once. Before 8.1 it forgets what it has read of an HTTP/2
/// connection when a stream's buffer is full, and waits for the socket, which may stay
/// silent for good: cf_h2_data_pending compares the wrong way, and nghttp2, paused at
/// the end of what it was given, is not called again. A stream that is alone with its
/// connection never fills a buffer larger than what libcurl reads at once, with the
/// header. One that has company gets what the others read until the socket is empty,
/// so there the buffer is large; only what is used of it takes memory.
long buffer_size(http_version version, bool is_https) {
  static const bool forgets = curl_version_info(CURLVERSION_NOW)->version_num < 0x080100;
  constexpr long usual = 16 * 1024;
  constexpr long alone = 64 * 1024;  // it reads 32 KiB at once
  constexpr long with_others = 2 * 1024 * 1024;
  if (!forgets || version == http_version::http1) return usual;
  // HTTP/1.1 without TLS reads as much as fits; a redirect may lead it to HTTP/2.
  return is_https || version != http_version::automatic ? with_others : alone;
}

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) noexcept {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* one) { return equal_ignoring_case(name, one); });
}

/// Fields that say something of a body (RFC 9110, 15.4).
bool describes_body(const std::string& name) noexcept {
  return is_one_of(name,
                   {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"});
}

}  // namespace

void check_own_field(const std::string& name) {
  // A length that is not that of the body would begin another request within it.
  for (const char* own : {"Content-Length", "Transfer-Encoding"})
    if (equal_ignoring_case(name, own))
      throw usage_error("http::headers: '" + name + "' is made from the body (see body::sized)");
}

void check_cookie(const std::string& name, const std::string& value) {
  if (!is_token(name)) throw usage_error("http::cookie: '" + name + "' is no name of a cookie");
  auto cannot_stand = [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == ';';
  };
  if (std::any_of(value.begin(), value.end(), cannot_stand))
    throw usage_error("http::cookie: the value of '" + name +
                      "' holds a ';' or a control character");
}

std::string field_line(const std::string& name, const std::string& value) {
  // libcurl takes "name:" for a field that is not to be sent.
  bool blank = value.find_first_not_of(" \t") == value.npos;
  return blank ? name + ";" : name + ": " + value;
}

void transfer_state::prepare() {
  const request_options& o = request.options;
  const std::string& method = request.now.method;
  if (!is_token(method)) throw usage_error("http::session::request: '" + method + "' is no method");
  if (method == "CONNECT")
    throw usage_error("http::session::request: CONNECT is for proxies (session_options::proxy)");
  if (method == "HEAD" && request.now.with_body && request.content.present())
    throw usage_error("http::session::request: HEAD with a body");
  url = request.now.url;
  trusted_ = request.history.empty() || is_same_origin(request.target, url);
  const std::string& base = session->options.base_url;
  session_trusted_ = trusted_ && (base.empty() || is_same_origin(base, url));
  limits_ = o.timeouts.value_or(session->options.timeouts);
  max_redirects_ = std::max(0, o.max_redirects.value_or(session->options.max_redirects));
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_PRIVATE, this);
  set(easy, CURLOPT_ERRORBUFFER, message_);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_PREREQDATA, this);
  set(easy, CURLOPT_RESOLVER_START_DATA, this);
  set(easy, CURLOPT_SOCKOPTDATA, this);
  // Requests that could share an HTTP/2 connection which is being made wait for it,
  // until its handshake (ALPN) tells. Without TLS they would wait for a response, and
  // with libcurl 8 they do also where the handshake tells that it is HTTP/1.1: so there
  // those that come before the first connection is made have one each.
  http_version version = session->options.version;
  bool is_https = url[4] == 's' || url[4] == 'S';
  static const bool is_libcurl_8 = curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
  bool may_share = version != http_version::http1 && is_https && !is_libcurl_8;
  set(easy, CURLOPT_PIPEWAIT, may_share ? 1L : 0L);
  set(easy, CURLOPT_BUFFERSIZE, buffer_size(version, is_https));
  // libcurl 8 counts also the wait for one of limited connections: there it is left out.
  bool may_wait = session->options.connections || session->options.connections_per_host;
  if (!may_wait || !is_libcurl_8)
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits_.connect));
  set(easy, CURLOPT_NOPROXY, session->bypasses_proxy(url) ? "*" : "");
  if (method == "HEAD") {
    easy_changed_ = true;
    set(easy, CURLOPT_NOBODY, 1L);
  }
  set_body();
  set_fields();
  if (o.auth && trusted_) {
    set_auth(*o.auth);
  } else if (!o.auth && session->options.auth && session_trusted_) {
    set_auth(*session->options.auth);
  }
  if (trusted_) set_cookies();
  if (o.progress) {
    easy_changed_ = true;
    set(easy, CURLOPT_NOPROGRESS, 0L);
    set(easy, CURLOPT_XFERINFODATA, this);
  }
}

void transfer_state::set_body() {
  const http::body& content = request.content;
  const std::string& method = request.now.method;
  bool present = content.present() && request.now.with_body;
  bool expects_one = method == "POST" || method == "PUT" || method == "PATCH";
  if (!present && !expects_one) {
    if (method != "GET" && method != "HEAD") {
      easy_changed_ = true;
      set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
    return;
  }
  easy_changed_ = true;
  auto length = static_cast<curl_off_t>(content.length().value_or(static_cast<std::uint64_t>(-1)));
  if (content.streamed() && method != "POST") {
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_INFILESIZE_LARGE, length);
  } else {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, length);
    if (!content.streamed()) set(easy, CURLOPT_POSTFIELDS, content.text().c_str());
  }
  if (method != "POST") set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (content.streamed()) {
    set(easy, CURLOPT_READDATA, this);
    set(easy, CURLOPT_SEEKDATA, this);
  }
}

/// Whether a field may go where this request goes: see session_options::base_url, and
/// docs/http_client.md on redirects.
bool transfer_state::may_send(const std::string& name, bool of_session) const noexcept {
  if (of_session && !session_trusted_ && !session->options.base_url.empty())
    return is_one_of(name, {"User-Agent", "Accept", "Accept-Language", "Accept-Encoding"});
  return trusted_ || !is_one_of(name, {"Authorization", "Cookie", "Proxy-Authorization"});
}

void transfer_state::set_fields() {
  const http::headers& own = request.options.headers;
  const http::headers& general = session->options.headers;
  const http::body& content = request.content;
  bool with_body = request.now.with_body;
  auto given = [&](const char* name) { return own.contains(name) || general.contains(name); };
  unpacks_ = request.options.decompress && !given("Accept-Encoding") && !given("Range") &&
             !known_codings().empty();
  if (own.empty() && !easy_changed_ && session_trusted_ && unpacks_) {
    set(easy, CURLOPT_HTTPHEADER, session->fields.get());
    return;
  }
  request_fields_.reset();
  for (const auto& [name, value] : general)
    if (!own.contains(name) && may_send(name, true))
      append(request_fields_, field_line(name, value));
  for (const auto& [name, value] : own) {
    check_own_field(name);
    if (!with_body && describes_body(name)) continue;
    if (may_send(name, false)) append(request_fields_, field_line(name, value));
  }
  if (unpacks_) append(request_fields_, "Accept-Encoding: " + std::string(known_codings()));
  // Without it libcurl would ask, and wait a second for servers that do not answer.
  if (!given("Expect")) append(request_fields_, "Expect:");
  if (with_body && !own.contains("Content-Type")) {
    // libcurl takes what it posts for a form.
    if (!is_one_line(content.content_type()))
      throw usage_error("http::body: its content type holds a line break or NUL");
    append(request_fields_, content.content_type().empty()
                                ? "Content-Type:"
                                : "Content-Type: " + content.content_type());
  }
  if (with_body && content.streamed() && !content.length())
    append(request_fields_, "Transfer-Encoding: chunked");
  set(easy, CURLOPT_HTTPHEADER, request_fields_.get());
}

void transfer_state::set_auth(const auth& a) {
  if (!is_one_line(a.user()) || !is_one_line(a.secret()))
    throw usage_error("http::auth: a name, password or token holds a line break or NUL");
  easy_changed_ = true;
  if (a.kind() == auth::scheme::bearer) {
    set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    set(easy, CURLOPT_XOAUTH2_BEARER, a.secret().c_str());
    return;
  }
  set(easy, CURLOPT_HTTPAUTH,
      static_cast<long>(a.kind() == auth::scheme::digest ? CURLAUTH_DIGEST : CURLAUTH_BASIC));
  set(easy, CURLOPT_USERNAME, a.user().c_str());
  set(easy, CURLOPT_PASSWORD, a.secret().c_str());
}

void transfer_state::set_cookies() {
  std::string all;
  for (const auto& [name, value] : request.options.cookies) {
    check_cookie(name, value);
    if (!all.empty()) all += "; ";
    all += name + '=' + value;
  }
  if (all.empty()) return;
  easy_changed_ = true;
  set(easy, CURLOPT_COOKIE, all.c_str());
}

}}}  // namespace rondo::v0::http::detail
