// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/websocket/accept.hpp>

#include <exception>

#include "coro/report_lost.hpp"
#include "http/message/field_list.hpp"
#include "http/websocket/core.hpp"
#include "http/websocket/handshake.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// Drops the connection when its handler's task ends.
class hosting {
 public:
  explicit hosting(websocket_core* c) noexcept : core(c) { c->hosted = true; }
  hosting(const hosting&) = delete;
  hosting& operator=(const hosting&) = delete;
  ~hosting() {
    core->hosted = false;
    core->drop();
  }
  websocket_ref core;
};

void report(websocket_core& core, const std::string& name, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const websocket_error&) {
    if (core.is_over()) return;  // the handler met the end of its connection
  } catch (...) {                // reported below, whatever it is
  }
  rondo::detail::report_lost(error, [&] { return "the handler of " + name + " failed"; });
}

task<> host(stream s, websocket_handler handler, websocket_options options,
            std::string subprotocol) {
  std::string name = "websocket with " + s.peer().to_string();
  hosting its(
      new websocket_core(std::move(s), side::server, options, std::move(subprotocol), name));
  its.core->start();
  std::exception_ptr error;
  try {
    websocket ws(*its.core);
    co_await handler(std::move(ws));
  } catch (...) {
    error = std::current_exception();
  }
  if (error) report(*its.core, name, error);
  co_await websocket_core::close(its.core,
                                 error ? close_codes::internal_error : close_codes::normal, {});
}

/// What the server calls with the connection.
class upgrade {
 public:
  upgrade(websocket_handler handler, const websocket_options& options, std::string subprotocol)
      : handler_(std::move(handler)), options_(options), subprotocol_(std::move(subprotocol)) {}
  RONDO_CORO_WRAPPER task<> operator()(stream s) {
    return host(std::move(s), std::move(handler_), options_, std::move(subprotocol_));
  }

 private:
  websocket_handler handler_;
  websocket_options options_;
  std::string subprotocol_;
};

/// "https://example.com:443" as a browser and Host would say it: "example.com".
std::string_view host_of_origin(std::string_view origin) {
  std::size_t scheme = origin.find("://");
  if (scheme == origin.npos) return {};
  std::string_view standard =
      equal_ignoring_case(origin.substr(0, scheme), "https") ? ":443" : ":80";
  std::string_view host = origin.substr(scheme + 3);
  if (host.ends_with(standard)) host.remove_suffix(standard.size());
  return host;
}

bool may_connect(const request& r, std::string_view allowed) {
  if (!r.headers.contains("Origin")) return true;
  const std::string* origin = only_value(r.headers, "Origin");
  if (!origin) return false;
  if (!allowed.empty()) {
    field_list all(allowed);
    return all.contains("*") || all.has_token(*origin);
  }
  // Only the host is compared, not the scheme: behind a proxy that speaks TLS the
  // server does not know it.
  std::string_view host = r.headers.get("Host");
  std::string_view page = host_of_origin(*origin);
  if (host.ends_with(r.encrypted ? ":443" : ":80")) host = host.substr(0, host.rfind(':'));
  return !page.empty() && equal_ignoring_case(page, host);
}

std::string choose_subprotocol(const request& r, std::string_view ours) {
  for (std::string_view mine : field_list(ours))
    for (const auto& [name, value] : r.headers)
      if (equal_ignoring_case(name, "Sec-WebSocket-Protocol") && field_list(value).contains(mine))
        return std::string(mine);
  return {};
}

reply refusal(int status, std::string text) { return reply(status, text + "\n"); }

}  // namespace

reply accept_websocket(const request& r, websocket_handler handler,
                       const websocket_options& options) {
  check_options(options);
  if (r.method != "GET") {
    reply answer = refusal(405, "A WebSocket is opened by GET.");
    answer.headers.add("Allow", "GET");
    return answer;
  }
  bool wanted = !r.http_1_0 && has_token(r.headers, "Upgrade", "websocket") &&
                has_token(r.headers, "Connection", "upgrade");
  const std::string* version = only_value(r.headers, "Sec-WebSocket-Version");
  if (!wanted || (version && *version != "13")) {
    reply answer = refusal(
        426, wanted ? "Only version 13 of WebSocket is spoken here." : "This is a WebSocket.");
    answer.headers.add("Upgrade", "websocket");
    answer.headers.add("Sec-WebSocket-Version", "13");
    return answer;
  }
  const std::string* key = only_value(r.headers, "Sec-WebSocket-Key");
  if (!version || !key || !is_key(*key))
    return refusal(400, "The handshake of the WebSocket is malformed.");
  // Its bytes would be taken for frames.
  if (r.headers.contains("Transfer-Encoding") || r.headers.get("Content-Length", "0") != "0")
    return refusal(400, "The handshake of a WebSocket has no body.");
  if (!may_connect(r, options.origins))
    return refusal(403, "Pages of this origin may not connect.");

  reply answer;
  answer.status = 101;
  answer.content_type.clear();
  answer.headers.add("Upgrade", "websocket");
  answer.headers.add("Sec-WebSocket-Accept", accept_value(*key));
  std::string subprotocol = choose_subprotocol(r, options.subprotocols);
  if (!subprotocol.empty()) answer.headers.add("Sec-WebSocket-Protocol", subprotocol);
  answer.upgrade = upgrade(std::move(handler), options, std::move(subprotocol));
  return answer;
}

}}}  // namespace rondo::v0::http::detail
