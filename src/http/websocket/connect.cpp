// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/websocket/connect.hpp>

#include <chrono>
#include <exception>

#include <rondo/compose/wait_for.hpp>
#include <rondo/http/message/status.hpp>
#include <rondo/io/open_connection.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/tls/connection.hpp>
#include "detail/duration_text.hpp"
#include "http/message/field_list.hpp"
#include "http/websocket/core.hpp"
#include "http/websocket/handshake.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

class client_handshake {
 public:
  client_handshake(const std::string& url, std::string subprotocols, headers fields)
      : url_(url),
        where_(parse_websocket_url(url)),
        subprotocols_(std::move(subprotocols)),
        fields_(std::move(fields)) {
    for (const auto& [name, value] : fields_) {
      check_field(name);
      check_header(name, value);  // it may have been copied from what a parser has made
    }
    for (std::string_view item : field_list(subprotocols_))
      if (!is_token(item))
        throw usage_error("http::connect_websocket: '" + std::string(item) +
                          "' is no name of a subprotocol");
  }

  task<websocket> open(tls_context context, websocket_options options) {
    stream s;
    if (where_.encrypted) {
      s = co_await open_tls_connection(where_.host, where_.port, std::move(context));
    } else {
      s = co_await open_connection(where_.host, where_.port);
    }
    std::string key = make_key();
    std::string text = request(key);
    co_await s.write(text);
    handshake_response response = co_await read_response(s);
    std::string subprotocol = check(response, key);
    websocket_ref core(new websocket_core(std::move(s), side::client, options,
                                          std::move(subprotocol), "websocket " + url_));
    core->start();
    co_return websocket(*core);
  }

 private:
  // Those that the handshake itself sends, or that would give it a body.
  static void check_field(const std::string& name) {
    for (std::string_view own :
         {"Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding"})
      if (equal_ignoring_case(name, own))
        throw usage_error("http::connect_websocket: the field " + name + " is the handshake's own");
    constexpr std::string_view prefix = "Sec-WebSocket-";
    if (equal_ignoring_case(std::string_view(name).substr(0, prefix.size()), prefix))
      throw usage_error("http::connect_websocket: the field " + name + " is the handshake's own");
  }

  std::string request(const std::string& key) const {
    std::string text =
        "GET " + where_.target + " HTTP/1.1\r\nHost: " + where_.authority +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key +
        "\r\nSec-WebSocket-Version: 13\r\n";
    std::string offered;
    for (std::string_view item : field_list(subprotocols_)) {
      if (!offered.empty()) offered += ", ";
      offered += item;
    }
    if (!offered.empty()) text += "Sec-WebSocket-Protocol: " + offered + "\r\n";
    for (const auto& [name, value] : fields_) text += name + ": " + value + "\r\n";
    text += "\r\n";
    return text;
  }

  // The final one: any number of interim ones may come before (RFC 9110, 15.2), of which 101
  // is none here.
  task<handshake_response> read_response(stream& s) const {
    constexpr std::size_t longest_head = 16 * 1024;
    constexpr int most_interim = 16;
    s.set_limit(longest_head);
    for (int i = 0; i <= most_interim; ++i) {
      std::string head = co_await s.read_until("\r\n\r\n");
      handshake_response response = parse_response(url_, head);
      if (response.status < 100 || response.status >= 200 || response.status == 101)
        co_return response;
    }
    refuse("the server sends too many interim responses", 0);
  }

  [[noreturn]] void refuse(const std::string& why, int status) const {
    throw websocket_error("websocket " + url_ + ": " + why, close_codes::abnormal, status);
  }

  // Gives the subprotocol (RFC 6455, 4.1).
  std::string check(const handshake_response& response, const std::string& key) const {
    if (response.status != 101)
      refuse("the server answers " + std::to_string(response.status) + " " +
                 std::string(reason_phrase(response.status)) + " instead of 101",
             response.status);
    const std::string* upgrade = only_value(response.headers, "Upgrade");
    if (!upgrade || !equal_ignoring_case(*upgrade, "websocket") ||
        !has_token(response.headers, "Connection", "upgrade"))
      refuse("the server upgrades to something else", 101);
    const std::string* accept = only_value(response.headers, "Sec-WebSocket-Accept");
    if (!accept || *accept != accept_value(key))
      refuse("the server's Sec-WebSocket-Accept is wrong", 101);
    if (response.headers.contains("Sec-WebSocket-Extensions"))
      refuse("the server uses an extension that was not offered", 101);
    if (!response.headers.contains("Sec-WebSocket-Protocol")) return {};
    const std::string* chosen = only_value(response.headers, "Sec-WebSocket-Protocol");
    if (!chosen || !field_list(subprotocols_).contains(*chosen))
      refuse("the server chooses a subprotocol that was not offered", 101);
    return *chosen;
  }

  const std::string& url_;
  websocket_url where_;
  std::string subprotocols_;
  headers fields_;
};

}  // namespace

task<http::websocket> connect_websocket(std::string url, tls_context context,
                                        websocket_options options, std::string subprotocols,
                                        headers fields) {
  check_options(options);
  client_handshake handshake(url, std::move(subprotocols), std::move(fields));
  std::string failure;
  try {
    task<http::websocket> opening = handshake.open(std::move(context), options);
    std::optional<http::websocket> opened =
        co_await move_on_after(std::move(opening), options.open_timeout);
    if (opened) co_return std::move(*opened);
    failure = "not open within " + rondo::detail::duration_text(options.open_timeout.nanoseconds());
  } catch (const websocket_error&) {
    throw;
  } catch (const usage_error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    failure = e.what();
  }
  throw websocket_error("websocket " + url + ": " + failure, close_codes::abnormal);
}

}}}  // namespace rondo::v0::http::detail
