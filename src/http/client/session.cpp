// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/session.hpp>

#include <rondo/compose/race.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/sleep.hpp>

#include "http/client/session_state.hpp"
#include "http/client/target.hpp"
#include "http/client/transfer_state.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

using detail::client_request;
using detail::session_state;
using detail::transfer_state;

/// Before a request is made again. No transfer stands for it meanwhile, so it finds
/// out by itself when the session goes; then it throws.
task<> wait_for_next_attempt(session_state& session, const client_request& asked, delay wait) {
  std::shared_ptr<event> closed = session.closed;
  co_await race(sleep(wait), closed->wait());
  if (closed->is_set())
    throw http_error(asked.method + " " + detail::shown_url(asked.target), "the session was closed",
                     failure::other);
}

void begin(session_state& session, client_request& asked) {
  session.check_loop();
  asked.target = detail::target_of(session.options, asked);
  asked.begin();
}

task<response> send_request(session_state& session, client_request asked) {
  begin(session, asked);
  for (int failures = 0;;) {
    std::optional<delay> wait;
    {
      transfer_state t(session, std::move(asked), true);
      t.start();
      co_await t.wait_for_end();
      if (t.redirects() && !t.failed()) {
        asked = t.follow();
        continue;
      }
      wait = t.wait_before_retry(failures);
      if (!wait) {
        if (t.failed()) t.fail();
        response r;
        r.status = t.status;
        r.headers = std::move(t.headers);
        r.body = std::move(t.body);
        r.url = std::move(t.url);
        r.version = t.version();
        r.elapsed = t.elapsed();
        r.method = std::move(t.request.method);
        r.history = std::move(t.request.history);
        co_return r;
      }
      asked = t.take_request();
    }
    ++failures;
    co_await wait_for_next_attempt(session, asked, *wait);
    asked.begin();
  }
}

task<transfer> open_stream(session_state& session, client_request asked) {
  begin(session, asked);
  for (int failures = 0;;) {
    std::optional<delay> wait;
    {
      auto* t = new transfer_state(session, std::move(asked), false);
      transfer result(t);
      t->start();
      co_await t->wait_for_header();
      if (t->redirects()) {
        co_await t->wait_for_end();
        if (!t->failed()) {
          asked = t->follow();
          continue;
        }
      }
      wait = t->wait_before_retry(failures);
      if (!wait) {
        if (t->failed() && (!t->has_header() || t->redirects())) t->fail();
        co_return result;
      }
      asked = t->take_request();
    }
    ++failures;
    co_await wait_for_next_attempt(session, asked, *wait);
    asked.begin();
  }
}

RONDO_CORO_COPYING_WRAPPER task<response> send_request(session_state& s, const char* method,
                                                       std::string&& url, body&& content,
                                                       request_options&& options) {
  return send_request(
      s, client_request(method, std::move(url), std::move(content), std::move(options)));
}

session_state& own_session() { return loop::current().local<session_state>(); }

}  // namespace

session::session(const session_options& options)
    : state_(new session_state(loop::current(), options)) {}
session::~session() { delete state_; }

std::vector<cookie> session::cookies() const { return state_->cookies(); }
void session::set_cookie(const cookie& c) { state_->set_cookie(c); }
void session::clear_cookies() { state_->clear_cookies(); }

RONDO_CORO_COPYING_WRAPPER task<response> session::get(std::string url, request_options options) {
  return send_request(*state_, "GET", std::move(url), {}, std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> session::head(std::string url, request_options options) {
  return send_request(*state_, "HEAD", std::move(url), {}, std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> session::post(std::string url, body content,
                                                        request_options options) {
  return send_request(*state_, "POST", std::move(url), std::move(content), std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> session::put(std::string url, body content,
                                                       request_options options) {
  return send_request(*state_, "PUT", std::move(url), std::move(content), std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> session::patch(std::string url, body content,
                                                         request_options options) {
  return send_request(*state_, "PATCH", std::move(url), std::move(content), std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> session::delete_(std::string url,
                                                           request_options options) {
  return send_request(*state_, "DELETE", std::move(url), {}, std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> session::request(std::string method, std::string url,
                                                           body content, request_options options) {
  return send_request(*state_, client_request(std::move(method), std::move(url), std::move(content),
                                              std::move(options)));
}
RONDO_CORO_COPYING_WRAPPER task<transfer> session::stream(std::string url,
                                                          request_options options) {
  return open_stream(*state_, client_request("GET", std::move(url), {}, std::move(options)));
}
RONDO_CORO_COPYING_WRAPPER task<transfer> session::stream(std::string method, std::string url,
                                                          body content, request_options options) {
  return open_stream(*state_, client_request(std::move(method), std::move(url), std::move(content),
                                             std::move(options)));
}

RONDO_CORO_COPYING_WRAPPER task<response> get(std::string url, request_options options) {
  return send_request(own_session(), "GET", std::move(url), {}, std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> head(std::string url, request_options options) {
  return send_request(own_session(), "HEAD", std::move(url), {}, std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> post(std::string url, body content,
                                               request_options options) {
  return send_request(own_session(), "POST", std::move(url), std::move(content),
                      std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> put(std::string url, body content,
                                              request_options options) {
  return send_request(own_session(), "PUT", std::move(url), std::move(content), std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> patch(std::string url, body content,
                                                request_options options) {
  return send_request(own_session(), "PATCH", std::move(url), std::move(content),
                      std::move(options));
}
RONDO_CORO_COPYING_WRAPPER task<response> delete_(std::string url, request_options options) {
  return send_request(own_session(), "DELETE", std::move(url), {}, std::move(options));
}

}}}  // namespace rondo::v0::http
