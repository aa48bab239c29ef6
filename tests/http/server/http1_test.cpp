// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The server against the client, and against raw bytes.
#include <rondo/http/client.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/io/open_connection.hpp>

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "support/hello_site.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

using test::hello_site;
using test::url;

namespace {

rondo::task<std::string> raw(std::uint16_t port, std::string bytes) {
  auto s = co_await rondo::open_connection("127.0.0.1", port);
  co_await s.write(bytes);
  s.shutdown_write();
  co_return co_await s.read_all(1 << 20);
}

TEST(http_server, a_failing_handler_is_500_without_details) {
  test::run([]() -> rondo::task<> {
    std::string reported;
    rondo::loop::current().set_exception_handler(
        [&](const rondo::diagnostic& d) { reported = d.message; });
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    auto r = co_await http::get(url(server, "/boom"));
    EXPECT_EQ(r.status, 500);
    EXPECT_EQ(r.body.find("secret"), std::string::npos);
    EXPECT_NE(reported.find("GET /boom"), std::string::npos) << reported;
    EXPECT_NE(reported.find("secret"), std::string::npos) << reported;
    co_await server.close();
  });
}

TEST(http_server, answers_pipelined_requests_in_order) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    std::string many;
    for (int i = 0; i < 50; ++i)
      many +=
          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n" + std::to_string(10 + i);
    std::string answer = co_await raw(server.port(), many);
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
      at = answer.find("\r\n\r\n" + std::to_string(10 + i), at);
      EXPECT_NE(at, std::string::npos) << "reply " << i << " is missing or out of order";
      if (at == std::string::npos) break;
    }
    co_await server.close();
  });
}

TEST(http_server, refuses_bad_requests) {
  test::run([]() -> rondo::task<> {
    http::server_options small;
    small.max_header_bytes = 500;
    small.max_fields = 10;
    small.max_body = 1000;
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0, small);
    auto status = [&](std::string bytes) -> rondo::task<std::string> {
      std::string answer = co_await raw(server.port(), bytes);
      co_return answer.substr(0, 12);
    };
    EXPECT_EQ(co_await status("nonsense\r\n\r\n"), "HTTP/1.1 400");
    EXPECT_EQ(co_await status("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400") << "no Host";
    EXPECT_EQ(co_await status("GET /" + std::string(600, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
              "HTTP/1.1 414");
    EXPECT_EQ(
        co_await status("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(600, 'x') + "\r\n\r\n"),
        "HTTP/1.1 431");
    std::string fields;
    for (int i = 0; i < 12; ++i) fields += "A: b\r\n";
    EXPECT_EQ(co_await status("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n"), "HTTP/1.1 431");
    EXPECT_EQ(co_await status("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
              "HTTP/1.1 413");
    std::string chunk = "400\r\n" + std::string(1024, 'c') + "\r\n0\r\n\r\n";
    EXPECT_EQ(co_await status(
                  "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk),
              "HTTP/1.1 413");
    EXPECT_EQ(co_await status("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              "HTTP/1.1 400")
        << "both lengths: request smuggling";
    EXPECT_EQ(co_await status("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"),
              "HTTP/1.1 400")
        << "cut in the body";
    co_await server.close();
  });
}

TEST(http_server, close_does_not_wait_for_idle_connections) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string head = co_await s.read_until("\r\n\r\n");
    EXPECT_EQ(co_await s.read_exactly(13), "Hello, World!");
    auto closed = co_await rondo::move_on_after(server.close(60s), 5s);
    EXPECT_TRUE(closed) << "an idle connection held the server";
    EXPECT_EQ(co_await s.read(), "");
  });
}

TEST(http_server, declines_upgrades_and_goes_on) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    std::string answer = co_await raw(server.port(),
                                      "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
                                      "Upgrade: foo\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    std::size_t second = answer.find("HTTP/1.1 200", 10);
    EXPECT_NE(second, std::string::npos) << answer;
    std::string connect =
        co_await raw(server.port(), "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\ntrailing bytes");
    EXPECT_EQ(connect.find("HTTP/1.1 ", 10), std::string::npos) << "served what follows a CONNECT";
    auto r = co_await http::get(url(server, "/hello"));
    EXPECT_EQ(r.status, 200) << "the server hangs";
    co_await server.close();
  });
}

TEST(http_server, a_header_ends_in_a_line_feed) {  // CVE-2025-23167
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    std::string answer =
        co_await raw(server.port(),
                     "GET /hello HTTP/1.1\r\nHost: x\r\n\rAGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 400");
    EXPECT_EQ(answer.find("200 OK"), std::string::npos) << "a smuggled request was served";
    answer = co_await raw(server.port(), "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 400") << "two hosts";
    co_await server.close();
  });
}

TEST(http_server, replies_cannot_add_header_lines) {
  test::run([]() -> rondo::task<> {
    rondo::loop::current().set_exception_handler([](const rondo::diagnostic&) {});
    auto handler = [](http::request&) {
      http::reply r("x");
      r.content_type = "text/plain\r\nSet-Cookie: evil=1";
      return r;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    std::string answer = co_await raw(server.port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 500");
    EXPECT_EQ(answer.find("evil"), std::string::npos);
    co_await server.close();
  });
}

TEST(http_server, sends_100_continue_only_to_who_understands_it) {  // RFC 9110, 10.1.1
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    std::string rest = "Host: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write("POST /echo HTTP/1.1\r\n" + rest);
    EXPECT_EQ(co_await s.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    co_await s.write("abc");
    std::string head = co_await s.read_until("\r\n\r\n");
    EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 200");
    auto old = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await old.write("POST /echo HTTP/1.0\r\n" + rest);
    auto early = co_await rondo::move_on_after(old.read(), 50ms);
    EXPECT_FALSE(early) << *early;
    co_await old.write("abc");
    std::string answer = co_await old.read_all(1000);
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 200");
    EXPECT_EQ(answer.find("100"), answer.npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << answer;
    co_await server.close();
  });
}

TEST(http_server, its_write_timeout_is_one_without_progress) {
  test::run([]() -> rondo::task<> {
    constexpr std::size_t large = 8 * 1024 * 1024;
    auto handler = [](http::request&) { return http::reply(std::string(large, 'x')); };
    http::server_options options;
    options.write_timeout = 200ms;
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, options);
    auto ask = [&]() -> rondo::task<rondo::stream> {
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      int small = 16 * 1024;  // so that the kernel does not take it all
      ::setsockopt(s.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
      co_await s.write("GET /large HTTP/1.0\r\n\r\n");
      std::string head = co_await s.read_until("\r\n\r\n");
      EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 200");
      co_return s;
    };
    auto steady = co_await ask();
    auto begin = rondo::now();
    std::size_t got = 0;
    std::vector<char> buffer(256 * 1024);
    for (;;) {
      std::size_t n = co_await steady.read_some(buffer);
      if (n == 0) break;
      got += n;
      co_await rondo::sleep(10ms);
    }
    EXPECT_EQ(got, large) << "a slow but steady reader was cut off";
    EXPECT_GT(rondo::now() - begin, 400ms) << "it was not slow: the test proves nothing";

    auto stands_still = co_await ask();
    begin = rondo::now();
    while (server.connections() > 0 && rondo::now() - begin < 20s) co_await rondo::sleep(10ms);
    EXPECT_LT(rondo::now() - begin, 20s) << "a reader that stands still held the server";
    EXPECT_GE(rondo::now() - begin, 150ms) << "it was cut off before its time";
    co_await server.close(0s);
  });
}

TEST(http_server, says_when_it_was_not_started) {
  test::run([]() -> rondo::task<> {
    rondo::http::server s;
    EXPECT_THROW(static_cast<void>(s.port()), rondo::usage_error);
    bool refused = false;
    try {
      co_await s.close();
    } catch (const rondo::usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

}  // namespace
