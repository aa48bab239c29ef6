// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Client against server, and each against raw bytes.
#include <rondo/http/websocket.hpp>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>
#include <rondo/tls.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/websocket/handshake.hpp"
#include "support/run.hpp"
#include "support/tls.hpp"
#include "support/websocket.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

using test::close_payload;
using test::echo;
using test::frame;
using test::handshake;
using test::masked;
using test::message;
using test::next_frame;
using test::raw_client;
using test::serve;
using test::url;

/// What the server answers to a handshake.
rondo::task<std::string> answer_to(std::uint16_t port, std::string request) {
  rondo::stream c = co_await rondo::open_connection("127.0.0.1", port);
  co_await c.write(request);
  co_return co_await c.read_until("\r\n\r\n");
}

TEST(websocket, echoes_texts_and_bytes_of_all_sizes) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(echo);
    auto ws = co_await http::connect_websocket(url(server));
    for (std::size_t n : {0, 1, 125, 126, 65535, 65536, 1'000'000}) {
      std::string data(n, 'd');
      co_await ws.send(data);
      std::optional<message> m = co_await ws.receive();
      EXPECT_TRUE(m && m->is_text && m->data == data) << n;
      data[0] = '\xFF';
      co_await ws.send_bytes(data);
      m = co_await ws.receive();
      EXPECT_TRUE(m && !m->is_text && m->data == data) << n;
    }
    EXPECT_EQ(ws.close_code(), 0);
    co_await ws.close(4001, "enough");
    EXPECT_EQ(ws.close_code(), 4001);
    co_await ws.close();  // again: nothing
    co_await server.close();
  });
}

TEST(websocket, messages_come_as_a_generator_that_ends_with_a_good_close) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve([](http::websocket ws) -> rondo::task<> {
      for (int i = 0; i < 1000; ++i) co_await ws.send(std::to_string(i));
    });
    auto ws = co_await http::connect_websocket(url(server));
    auto messages = ws.messages();
    int expected = 0;
    for (;;) {
      std::optional<message> m = co_await messages.next();
      if (!m) break;
      EXPECT_EQ(m->data, std::to_string(expected++));
    }
    EXPECT_EQ(expected, 1000);
    EXPECT_EQ(ws.close_code(), 1000);
    std::optional<message> more = co_await ws.receive();
    EXPECT_FALSE(more);
    EXPECT_THROW(co_await ws.send("late"), http::websocket_error);
    co_await server.close();
  });
}

TEST(websocket, a_subprotocol_is_agreed_on) {
  test::run([]() -> rondo::task<> {
    std::string seen;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      seen = ws.subprotocol();
      co_return;
    };
    auto server = co_await serve(h, {.subprotocols = "graphql, chat"});
    for (auto [offer, chosen] :
         {std::pair("chat,graphql", "graphql"), std::pair("other, chat", "chat"),
          std::pair("other", ""), std::pair("", "")}) {
      auto ws = co_await http::connect_websocket(url(server), {.subprotocols = offer});
      EXPECT_EQ(ws.subprotocol(), chosen);
      std::optional<message> end = co_await ws.receive();
      EXPECT_FALSE(end);
      EXPECT_EQ(seen, chosen);
    }
    co_await server.close();
  });
}

TEST(websocket, a_bad_handshake_gets_the_fitting_status) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(echo);
    auto status = [&](std::string request) -> rondo::task<std::string> {
      std::string head = co_await answer_to(server.port(), request);
      co_return head.substr(9, 3);
    };
    auto replaced = [](std::string what, std::string by) {
      std::string request = handshake();
      std::size_t at = request.find(what);
      if (at == request.npos) throw std::runtime_error(what + " is not in the handshake");
      return request.replace(at, what.size(), by);
    };
    std::string got = co_await status(handshake());
    EXPECT_EQ(got, "101");
    got = co_await status(replaced("GET /chat", "POST /chat"));
    EXPECT_EQ(got, "405");
    got = co_await status(replaced("Upgrade: websocket\r\n", ""));
    EXPECT_EQ(got, "426");
    got = co_await status(replaced("keep-alive, Upgrade", "keep-alive"));
    EXPECT_EQ(got, "426");
    got = co_await status(replaced("HTTP/1.1", "HTTP/1.0"));
    EXPECT_EQ(got, "426");
    got = co_await status(replaced("Version: 13", "Version: 8"));
    EXPECT_EQ(got, "426");
    std::string head = co_await answer_to(server.port(), replaced("Version: 13", "Version: 8"));
    EXPECT_NE(head.find("Sec-WebSocket-Version: 13\r\n"), head.npos) << head;
    got = co_await status(replaced("Sec-WebSocket-Version: 13\r\n", ""));
    EXPECT_EQ(got, "400");
    for (std::string key : {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
                            "dGhlIHNhbXBsZSBub2 jZQ=="}) {
      got = co_await status(handshake("", key));
      EXPECT_EQ(got, "400") << key;
    }
    got = co_await status(handshake("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
    EXPECT_EQ(got, "400");
    got = co_await status(handshake("Content-Length: 5\r\n") + "hello");
    EXPECT_EQ(got, "400");
    co_await server.close(0s);
  });
}

TEST(websocket, pages_of_other_origins_may_not_connect_unless_allowed) {
  test::run([]() -> rondo::task<> {
    auto status = [](const http::server& s, std::string origin) -> rondo::task<std::string> {
      std::string head = co_await answer_to(s.port(), handshake(origin));
      co_return head.substr(9, 3);
    };
    auto own = co_await serve(echo);  // its clients say Host: example.com
    for (auto [origin, expected] :
         {std::pair("Origin: http://example.com\r\n", "101"),
          std::pair("Origin: https://example.com:443\r\n", "101"),
          std::pair("Origin: https://EXAMPLE.com\r\n", "101"), std::pair("", "101"),
          std::pair("Origin: https://evil.example\r\n", "403"),
          std::pair("Origin: https://example.com.evil\r\n", "403"),
          std::pair("Origin: https://evil.example/example.com\r\n", "403"),
          std::pair("Origin: null\r\n", "403"),
          std::pair("Origin: https://example.com:8443\r\n", "403"),
          std::pair("Origin: \r\n", "403"),
          std::pair("Origin: http://example.com\r\nOrigin: https://evil.example\r\n", "403")}) {
      std::string got = co_await status(own, origin);
      EXPECT_EQ(got, expected) << origin;
    }
    co_await own.close(0s);
    auto listed = co_await serve(echo, {.origins = "https://a.example, https://b.example"});
    for (auto [origin, expected] :
         {std::pair("Origin: https://b.example\r\n", "101"),
          std::pair("Origin: http://example.com\r\n", "403"), std::pair("", "101")}) {
      std::string got = co_await status(listed, origin);
      EXPECT_EQ(got, expected) << origin;
    }
    co_await listed.close(0s);
    auto open = co_await serve(echo, {.origins = "*"});
    std::string got = co_await status(open, "Origin: https://evil.example\r\n");
    EXPECT_EQ(got, "101");
    co_await open.close(0s);
  });
}

TEST(websocket, frames_that_came_with_the_handshake_are_not_lost) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(echo);
    rondo::stream c = co_await rondo::open_connection("127.0.0.1", server.port());
    std::string request = handshake() + masked(0x81, "early");
    co_await c.write(request);
    co_await c.read_until("\r\n\r\n");
    std::string got = co_await next_frame(c);
    EXPECT_EQ(got, "81:early");
    request = masked(0x88, close_payload(1000));
    co_await c.write(request);
    got = co_await next_frame(c);
    EXPECT_EQ(got, "88:" + close_payload(1000));
    got = co_await next_frame(c);
    EXPECT_EQ(got, "");
    co_await server.close();
  });
}

TEST(websocket, a_client_that_breaks_the_protocol_is_told_and_closed) {
  test::run([]() -> rondo::task<> {
    std::string failure;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      try {
        co_await ws.receive();
      } catch (const http::websocket_error& e) {
        failure = std::to_string(e.code()) + " " + e.what();
        throw;
      }
    };
    auto server = co_await serve(h, {.max_message = 1000});
    for (auto [bytes, code] :
         {std::pair(frame(0x81, "unmasked"), 1002), std::pair(masked(0xC1, "reserved"), 1002),
          std::pair(masked(0x83, "opcode"), 1002), std::pair(masked(0x81, "\xFF"), 1007),
          std::pair(masked(0x82, std::string(1001, 'x')), 1009),
          std::pair(masked(0x88, "\x03"), 1002)}) {
      failure.clear();
      rondo::stream c = co_await raw_client(server);
      co_await c.write(bytes);
      std::string got = co_await next_frame(c);
      EXPECT_EQ(got.substr(0, 5), "88:" + close_payload(static_cast<unsigned>(code))) << code;
      got = co_await next_frame(c);
      EXPECT_EQ(got, "") << code;
      EXPECT_EQ(failure.substr(0, 4), std::to_string(code)) << failure;
      EXPECT_NE(failure.find("websocket with 127.0.0.1:"), failure.npos) << failure;
    }
    co_await server.close();
  });
}

TEST(websocket, pings_and_a_close_are_answered_while_nobody_receives) {
  test::run([]() -> rondo::task<> {
    rondo::event done;
    auto h = [&](http::websocket) -> rondo::task<> { co_await done.wait(); };
    auto server = co_await serve(h);
    rondo::stream c = co_await raw_client(server);
    std::string bytes = masked(0x89, "one") + masked(0x01, "a part") + masked(0x89, "") +
                        masked(0x89, std::string(125, 'p'));
    co_await c.write(bytes);
    for (std::string expected : {std::string("one"), std::string(), std::string(125, 'p')}) {
      std::string got = co_await next_frame(c);
      EXPECT_EQ(got, "8a:" + expected);
    }
    bytes = masked(0x88, close_payload(3456, "bye"));
    co_await c.write(bytes);
    std::string got = co_await next_frame(c);
    EXPECT_EQ(got, "88:" + close_payload(3456));
    got = co_await next_frame(c);
    EXPECT_EQ(got, "");
    done.set();
    co_await server.close();
  });
}

TEST(websocket, how_it_ended_is_known_on_both_sides) {
  test::run([]() -> rondo::task<> {
    std::string seen;
    rondo::event ended;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      try {
        std::optional<message> m = co_await ws.receive();
        seen = m ? "message" : "end";
      } catch (const http::websocket_error& e) {
        seen = "error";
      }
      seen += " " + std::to_string(ws.close_code()) + " " + ws.close_reason();
      ended.set();
    };
    auto server = co_await serve(h);
    for (auto [bytes, expected] :
         {std::pair(masked(0x88, close_payload(1000, "done")), "end 1000 done"),
          std::pair(masked(0x88, close_payload(1001)), "end 1001 "),
          std::pair(masked(0x88, ""), "end 1005 "),
          std::pair(masked(0x88, close_payload(4000, "why")), "error 4000 why"),
          std::pair(masked(0x82, "x").substr(0, 5), "error 1006 "),
          std::pair(std::string(), "error 1006 ")}) {
      ended.clear();
      rondo::stream c = co_await raw_client(server);
      co_await c.write(bytes);
      c.shutdown_write();
      co_await ended.wait();
      EXPECT_EQ(seen, expected);
      co_await test::read_to_end(c);
    }
    co_await server.close();
  });
}

TEST(websocket, the_handlers_exception_is_reported_and_closes_with_1011_without_details) {
  std::vector<std::string> reports;
  test::run([&]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler(
        [&](const rondo::diagnostic& d) { reports.push_back(d.message); });
    auto h = [](http::websocket ws) -> rondo::task<> {
      co_await ws.receive();
      throw std::runtime_error("secret");
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    co_await ws.send("go");
    EXPECT_THROW(co_await ws.receive(), http::websocket_error);
    EXPECT_EQ(ws.close_code(), 1011);
    EXPECT_EQ(ws.close_reason(), "");
    co_await server.close();
  });
  EXPECT_EQ(reports.size(), 1u);
  if (!reports.empty()) {
    EXPECT_NE(reports[0].find("secret"), std::string::npos) << reports[0];
  }
}

TEST(websocket, interim_responses_come_before_the_upgrade) {  // RFC 9110, 15.2
  test::run([]() -> rondo::task<> {
    std::string interim;
    bool byte_by_byte = false;
    auto raw = [&](rondo::stream s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      std::string name = "Sec-WebSocket-Key: ";
      std::size_t at = head.find(name) + name.size();
      std::string key = head.substr(at, head.find('\r', at) - at);
      std::string answer = interim +
                           "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
                           "connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: " +
                           http::detail::accept_value(key) + "\r\n\r\n\x81\x02hi\x88\x02\x03\xe8";
      for (std::size_t i = 0; i < answer.size(); i += byte_by_byte ? 1 : answer.size()) {
        co_await s.write(std::string_view(answer).substr(i, byte_by_byte ? 1 : answer.npos));
        if (byte_by_byte) co_await rondo::sleep(0s);
      }
      co_await s.read();  // the answer to the close
    };
    auto server = co_await rondo::start_server(raw, "127.0.0.1", 0);
    std::string target = "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
    std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
    for (bool slow : {false, true}) {
      byte_by_byte = slow;
      for (std::string before : {std::string(), std::string("HTTP/1.1 100 Continue\r\n\r\n"), early,
                                 "HTTP/1.1 102 Processing\r\n\r\n" + early}) {
        interim = before;
        auto ws = co_await http::connect_websocket(target);
        auto message = co_await ws.receive();
        EXPECT_TRUE(message && message->data == "hi") << before;
        co_await ws.close();
      }
    }
    byte_by_byte = false;
    interim.clear();
    for (int i = 0; i < 17; ++i) interim += early;
    bool refused = false;
    try {
      auto ws = co_await http::connect_websocket(target);
    } catch (const http::websocket_error& e) {
      refused = true;
      EXPECT_NE(std::string(e.what()).find("too many interim responses"), std::string::npos)
          << e.what();
    }
    EXPECT_TRUE(refused);
    co_await server.close(0s);
  });
}

TEST(websocket, a_refused_connect_names_the_url_and_the_cause) {
  test::run([]() -> rondo::task<> {
    // What a raw server answers, and what the client says of it.
    std::string answer;
    auto raw = [&](rondo::stream s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      co_await s.write(answer);
      if (answer.empty()) co_await s.read();
    };
    auto server = co_await rondo::start_server(raw, "127.0.0.1", 0);
    std::string target = "ws://127.0.0.1:" + std::to_string(server.port()) + "/x?y";
    auto failure = [&](std::string text,
                       http::websocket_options options = {}) -> rondo::task<std::string> {
      answer = text;
      try {
        auto ws = co_await http::connect_websocket(target, options);
      } catch (const http::websocket_error& e) {
        std::string what = e.what();
        EXPECT_EQ(what.find("websocket " + target + ": "), 0u) << what;
        co_return std::to_string(e.status()) + " " +
            what.substr(std::min(what.size(), 12 + target.size()));
      }
      co_return "none";
    };
    std::string up =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    std::string got = co_await failure("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(got, "401 the server answers 401 Unauthorized instead of 101");
    got = co_await failure("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(got, "200 the server answers 200 OK instead of 101");
    got = co_await failure(up + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    EXPECT_EQ(got, "101 the server's Sec-WebSocket-Accept is wrong");
    got = co_await failure(up + "\r\n");
    EXPECT_EQ(got, "101 the server's Sec-WebSocket-Accept is wrong");
    got = co_await failure("HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
    EXPECT_EQ(got, "101 the server upgrades to something else");
    got = co_await failure("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    EXPECT_EQ(got, "0 its answer is not HTTP");
    got = co_await failure("HTTP/1.1 200 OK\r\nA: b\rXC: d\r\n\r\n");
    EXPECT_EQ(got, "0 its answer is not HTTP");
    std::vector<std::string> bad_lines{"A: b\nX: c", "A: b\r\n c", "A : b", " A: b",
                                       std::string("A: b\0c", 6)};
    for (const std::string& line : bad_lines) {
      got = co_await failure(up + line + "\r\n\r\n");
      EXPECT_EQ(got, "0 its answer is not HTTP") << line;
    }
    std::string list = "HTTP/1.1 101 X\r\nUpgrade: websocket, h2c\r\nConnection: Upgrade\r\n\r\n";
    got = co_await failure(list);
    EXPECT_EQ(got, "101 the server upgrades to something else");
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    got = co_await failure(many + "\r\n");
    EXPECT_EQ(got, "0 its answer has too many fields");
    got = co_await failure("HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'a'));
    EXPECT_NE(got.find("no separator within 16384 bytes"), got.npos) << got;
    got = co_await failure("HTTP/1.1 101 Switching");
    EXPECT_NE(got.find("ended"), got.npos) << got;
    got = co_await failure("", {.open_timeout = 20ms});
    EXPECT_EQ(got, "0 not open within 0.02s");
    co_await server.close(0s);
    got = co_await failure("");
    EXPECT_NE(got.find("Connection refused"), got.npos) << got;
  });
}

TEST(websocket, a_server_cannot_choose_what_was_not_offered) {
  test::run([]() -> rondo::task<> {
    std::string extra;
    auto site = [&](http::request& r) {
      http::reply answer = http::accept_websocket(r, echo);
      std::size_t colon = extra.find(':');
      answer.headers.add(extra.substr(0, colon), extra.substr(colon + 2));
      return answer;
    };
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    for (std::string field :
         {"Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate"}) {
      extra = field;
      try {
        auto ws = co_await http::connect_websocket(url(server), {.subprotocols = "other"});
        ADD_FAILURE() << "connected in spite of " << field;
      } catch (const http::websocket_error& e) {
        EXPECT_NE(std::string(e.what()).find("not offered"), std::string::npos) << e.what();
      }
    }
    co_await server.close(0s);
  });
}

TEST(websocket, urls_are_taken_apart_and_bad_ones_refused) {
  test::run([]() -> rondo::task<> {
    for (std::string bad :
         {"http://host/", "host/x", "ws://", "ws:///", "ws://host:/x y", "ws://host:0/",
          "ws://host:65536/", "ws://host:80x/", "ws://[::1/", "ws://[::1]x/", "ws://user@host/",
          "ws://host/#f", "ws://host/\r\nX: y", "ws://h\xC3\xB6st\xFF/", "ws://user@/",
          "ws://1.2.3.256/", "ws://a|b/"}) {
      try {
        auto ws = co_await http::connect_websocket(bad);
        ADD_FAILURE() << "connected to " << bad;
      } catch (const http::websocket_error& e) {
        EXPECT_EQ(std::string(e.what()).find("websocket " + bad + ": "), 0u) << e.what();
      }
    }
    std::string request;
    auto raw = [&](rondo::stream s) -> rondo::task<> {
      request = co_await s.read_until("\r\n\r\n");
    };
    auto server = co_await rondo::start_server(raw, "127.0.0.1", 0);
    std::string at = "127.0.0.1:" + std::to_string(server.port());
    http::headers fields;
    fields.add("Authorization", "Bearer token");
    for (auto [target, sent] :
         {std::pair("", "/"), std::pair("?q=1", "/?q=1"), std::pair("/a/b?c", "/a/b?c"),
          std::pair("/\"<\xC3\xA9>|?{}`", "/%22%3C%C3%A9%3E%7C?%7B%7D%60"),
          std::pair("\\@h/./x", "/@h/x")}) {
      EXPECT_THROW(
          static_cast<void>(co_await http::connect_websocket("WS://" + at + target, {}, fields)),
          http::websocket_error);
      EXPECT_EQ(request.substr(0, request.find("\r\n")), std::string("GET ") + sent + " HTTP/1.1");
      EXPECT_NE(request.find("\r\nHost: " + at + "\r\n"), request.npos) << request;
      EXPECT_NE(request.find("\r\nAuthorization: Bearer token\r\n"), request.npos) << request;
    }
    for (std::string own : {"Host", "connection", "Sec-WebSocket-Key", "sec-websocket-extensions",
                            "Content-Length"}) {
      http::headers wrong;
      wrong.add(own, "1");
      EXPECT_THROW(static_cast<void>(co_await http::connect_websocket("ws://" + at, {}, wrong)),
                   rondo::usage_error)
          << own;
    }
    EXPECT_THROW(
        static_cast<void>(co_await http::connect_websocket("ws://" + at, {.subprotocols = "a b"})),
        rondo::usage_error);
    co_await server.close(0s);
  });
}

TEST(websocket, misuse_is_told) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(echo);
    auto ws = co_await http::connect_websocket(url(server));
    EXPECT_THROW(co_await ws.send("\xFF"), rondo::usage_error);
    for (std::uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000})
      EXPECT_THROW(co_await ws.close(code), rondo::usage_error) << code;
    EXPECT_THROW(co_await ws.close(1000, std::string(124, 'r')), rondo::usage_error);
    EXPECT_THROW(co_await ws.close(1000, "\xFF"), rondo::usage_error);
    auto first = rondo::create_task(ws.receive());
    co_await rondo::sleep(0s);
    EXPECT_THROW(co_await ws.receive(), rondo::usage_error);
    co_await ws.send("still well");
    auto m = co_await std::move(first);
    EXPECT_EQ(m->data, "still well");
    http::websocket none;
    EXPECT_THROW(none.close_code(), rondo::usage_error);
    co_await ws.close();
    co_await server.close();
  });
}

TEST(websocket, works_over_tls) {
  test::run([]() -> rondo::task<> {
    auto site = [](http::request& r) { return http::accept_websocket(r, echo); };
    auto server =
        co_await http::start_tls_server(site, "127.0.0.1", 0, test::certificates::server());
    std::string at = "wss://localhost:" + std::to_string(server.port()) + "/";
    auto ws = co_await http::connect_websocket(at, test::certificates::client());
    std::string data(300'000, 's');
    for (int i = 0; i < 3; ++i) {
      co_await ws.send(data);
      auto m = co_await ws.receive();
      EXPECT_TRUE(m && m->data == data);
    }
    co_await ws.close();
    EXPECT_EQ(ws.close_code(), 1000);
    try {
      auto others = rondo::tls_context::client(test::certificates::pem("other_ca"));
      auto strange = co_await http::connect_websocket(at, others);
      ADD_FAILURE() << "trusted an unknown CA";
    } catch (const http::websocket_error& e) {
      EXPECT_NE(std::string(e.what()).find("certificate"), std::string::npos) << e.what();
    }
    co_await server.close();
  });
}

}  // namespace
