// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// From what the user asks for to what libcurl is told.
#include <algorithm>

#include <rondo/coro/errors.hpp>

#include "http/client/session_state.hpp"
#include "http/client/transfer_state.hpp"
#include "http/client/url_text.hpp"

namespace rondo::inline v0::http::detail {

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

}  // namespace

void check_own_field(const std::string& name) {
  // A length that is not that of the body would begin another request within it.
  for (const char* own : {"Content-Length", "Transfer-Encoding"})
    if (equal_ignoring_case(name, own))
      throw usage_error("http header '" + name + "': it is made from the body (see body::sized)");
}

void check_cookie(const std::string& name, const std::string& value) {
  if (!is_token(name)) throw usage_error("http cookie '" + name + "': not a cookie's name");
  auto cannot_stand = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f || c == ';'; };
  if (std::any_of(value.begin(), value.end(), cannot_stand))
    throw usage_error("http cookie '" + name + "': its value holds a ';' or a control character");
}

std::string field_line(const std::string& name, const std::string& value) {
  // libcurl takes "name:" for a field that is not to be sent.
  bool blank = value.find_first_not_of(" \t") == value.npos;
  return blank ? name + ";" : name + ": " + value;
}

void transfer_state::prepare() {
  const request_options& o = what.options;
  if (!is_token(what.method)) throw usage_error("http: malformed method '" + what.method + "'");
  if (what.method == "CONNECT") throw usage_error("http: CONNECT is for proxies (session_options::proxy)");
  if (what.method == "HEAD" && what.content.present()) throw usage_error("http: HEAD with a body");
  url = complete_url(request(), session->options.base_url, what.url, o.params);
  limits_ = o.timeouts.value_or(session->options.timeouts);
  max_redirects_ = std::max(0, o.max_redirects.value_or(session->options.max_redirects));
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_PRIVATE, this);
  set(easy, CURLOPT_ERRORBUFFER, message_);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEDATA, this);
  set(easy, CURLOPT_PREREQDATA, this);
  // Requests that could share an HTTP/2 connection which is being made wait for it,
  // until its handshake (ALPN) tells. Without TLS they would wait for a response.
  http_version version = session->options.version;
  bool is_https = url[4] == 's' || url[4] == 'S';
  bool may_share = version != http_version::http1 && is_https;
  set(easy, CURLOPT_PIPEWAIT, may_share ? 1L : 0L);
  set(easy, CURLOPT_BUFFERSIZE, buffer_size(version, is_https));
  set(easy, CURLOPT_FOLLOWLOCATION, follows() ? 1L : 0L);
  set(easy, CURLOPT_MAXREDIRS, static_cast<long>(max_redirects_));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits_.connect));
  bool unpacks = o.decompress && !o.fields.contains("Accept-Encoding") &&
                 !session->options.fields.contains("Accept-Encoding");
  set(easy, CURLOPT_ACCEPT_ENCODING, unpacks ? "" : nullptr);
  if (what.method == "HEAD") {
    easy_changed_ = true;
    set(easy, CURLOPT_NOBODY, 1L);
  }
  set_body();
  set_fields(true);
  if (o.auth) {
    set_auth(*o.auth);
  } else if (session->options.auth) {
    set_auth(*session->options.auth);
  }
  set_cookies();
  if (o.progress) {
    easy_changed_ = true;
    set(easy, CURLOPT_NOPROGRESS, 0L);
    set(easy, CURLOPT_XFERINFODATA, this);
  }
}

void transfer_state::set_body() {
  const http::body& content = what.content;
  const std::string& method = what.method;
  bool expects_one = method == "POST" || method == "PUT" || method == "PATCH";
  if (!content.present() && !expects_one) {
    if (method != "GET" && method != "HEAD") {
      easy_changed_ = true;
      set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
    return;
  }
  easy_changed_ = true;
  auto length = static_cast<curl_off_t>(content.length().value_or(static_cast<std::uint64_t>(-1)));
  // For POST no CUSTOMREQUEST: libcurl itself knows when a redirect makes it a GET.
  if (content.streamed() && method != "POST") {
    set(easy, CURLOPT_UPLOAD, 1L);
    set(easy, CURLOPT_INFILESIZE_LARGE, length);
  } else {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, length);
    if (!content.streamed()) set(easy, CURLOPT_POSTFIELDS, content.text().c_str());
  }
  if (method != "POST") {
    set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    // Only a POST becomes a GET by a 301 or 302 (RFC 9110, 15.4.2).
    set(easy, CURLOPT_POSTREDIR, static_cast<long>(CURL_REDIR_POST_301 | CURL_REDIR_POST_302));
  }
  if (content.streamed()) {
    set(easy, CURLOPT_READDATA, this);
    set(easy, CURLOPT_SEEKDATA, this);
  }
}

void transfer_state::set_fields(bool with_body) {
  const headers& own = what.options.fields;
  const http::body& content = what.content;
  if (own.empty() && !easy_changed_) {
    set(easy, CURLOPT_HTTPHEADER, session->fields.get());
    return;
  }
  request_fields_.reset();
  for (const auto& [name, value] : session->options.fields)
    if (!own.contains(name)) append(request_fields_, field_line(name, value));
  for (const auto& [name, value] : own) {
    check_own_field(name);
    if (!with_body && equal_ignoring_case(name, "Content-Type")) continue;
    append(request_fields_, field_line(name, value));
  }
  auto given = [&](const char* name) {
    return own.contains(name) || session->options.fields.contains(name);
  };
  // Without it libcurl would ask, and wait a second for servers that do not answer.
  if (!given("Expect")) append(request_fields_, "Expect:");
  if (with_body && !own.contains("Content-Type")) {
    // libcurl takes what it posts for a form.
    if (!is_one_line(content.content_type()))
      throw usage_error("http body: its content type holds a line break or NUL");
    append(request_fields_, content.content_type().empty() ? "Content-Type:"
                                                           : "Content-Type: " + content.content_type());
  }
  if (with_body && content.streamed() && !content.length())
    append(request_fields_, "Transfer-Encoding: chunked");
  set(easy, CURLOPT_HTTPHEADER, request_fields_.get());
}

void transfer_state::set_auth(const auth& a) {
  if (!is_one_line(a.user()) || !is_one_line(a.secret()))
    throw usage_error("http auth: a name, password or token holds a line break or NUL");
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
  for (const auto& [name, value] : what.options.cookies) {
    check_cookie(name, value);
    if (!all.empty()) all += "; ";
    all += name + '=' + value;
  }
  if (all.empty()) return;
  easy_changed_ = true;
  set(easy, CURLOPT_COOKIE, all.c_str());
}

}  // namespace rondo::inline v0::http::detail
