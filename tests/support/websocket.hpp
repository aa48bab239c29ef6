// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Servers, and peers that speak bytes.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <rondo/http/server.hpp>
#include <rondo/http/websocket.hpp>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

#include "support/websocket_frames.hpp"

namespace test {

namespace http = rondo::http;
using message = http::websocket::message;

inline rondo::task<> echo(http::websocket ws) {
  for (;;) {
    std::optional<message> m = co_await ws.receive();
    if (!m) co_return;
    if (m->is_text) {
      co_await ws.send(m->data);
    } else {
      co_await ws.send_bytes(m->data);
    }
  }
}

/// A server all of whose pages are WebSockets.
template <class Handler>
rondo::task<http::server> serve(Handler h, http::websocket_options options = {}) {
  auto site = [h, options](http::request& r) { return http::accept_websocket(r, h, options); };
  co_return co_await http::start_server(site, "127.0.0.1", 0);
}

inline std::string url(const http::server& s) {
  return "ws://127.0.0.1:" + std::to_string(s.port()) + "/";
}

inline std::string handshake(std::string extra = {}, std::string key = "dGhlIHNhbXBsZSBub25jZQ==") {
  return "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, "
         "Upgrade\r\n"
         "Sec-WebSocket-Key: " +
         key + "\r\nSec-WebSocket-Version: 13\r\n" + extra + "\r\n";
}

/// A client that speaks bytes, after its handshake.
inline rondo::task<rondo::stream> raw_client(const http::server& s) {
  rondo::stream c = co_await rondo::open_connection("127.0.0.1", s.port());
  std::string request = handshake();
  co_await c.write(request);
  std::string head = co_await c.read_until("\r\n\r\n");
  EXPECT_EQ(head.substr(0, 13), "HTTP/1.1 101 ") << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), head.npos)
      << head;  // RFC 6455, 1.3
  co_return c;
}

inline std::string close_payload(unsigned code, const std::string& reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)} + reason;
}

/// The frame that comes next from a server, as "88:payload"; empty at the end.
inline rondo::task<std::string> next_frame(rondo::stream& c) {
  std::string head = co_await c.read(1);
  if (head.empty()) co_return "";
  std::string size = co_await c.read_exactly(1);
  std::size_t n = static_cast<unsigned char>(size[0]);
  if (n >= 126) {
    std::string longer = co_await c.read_exactly(n == 126 ? 2 : 8);
    n = 0;
    for (unsigned char byte : longer) n = n << 8 | byte;
  }
  std::string payload = co_await c.read_exactly(n);
  char first[8];
  std::snprintf(first, sizeof first, "%02x:", static_cast<unsigned char>(head[0]));
  co_return first + payload;
}

/// Reads to the end, whatever way that comes.
inline rondo::task<> read_to_end(rondo::stream& c) {
  try {
    for (;;) {
      std::string piece = co_await c.read();
      if (piece.empty()) co_return;
    }
  } catch (const std::system_error&) {
    co_return;
  }
}

}  // namespace test
