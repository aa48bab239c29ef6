// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What is no request, or one that two programs may read in two ways.
#include <rondo/http/server/server.hpp>

#include <gtest/gtest.h>

#include "http/server/http1_message.hpp"
#include "support/async.hpp"
#include "support/raw.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;
namespace http = rondo::http;

namespace {

/// Says what it was sent, so that a request that was smuggled in shows.
rondo::task<http::reply> show(http::request& r) {
  std::string body = co_await r.body();
  co_return "[" + r.method + " " + r.target + " " + body + "]";
}

struct refusal {
  std::string bytes;
  int status;
  const char* what;
};

void expect_refused(std::vector<refusal> all, http::server_options options = {}) {
  test::run([&]() -> rondo::task<> {
    auto server = co_await http::start_server(show, "127.0.0.1", 0, options);
    for (const refusal& r : all) {
      std::string answer = co_await test::raw(server.port(), r.bytes);
      EXPECT_EQ(test::status_line(answer), "HTTP/1.1 " + std::to_string(r.status)) << r.what;
      EXPECT_EQ(answer.find("HTTP/1.1 200"), answer.npos) << r.what << ": a request was served:\n"
                                                          << answer;
      EXPECT_EQ(answer.find("HTTP/1.1 ", 9), answer.npos) << r.what << ": two answers:\n" << answer;
      EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos) << r.what;
    }
    std::string good = co_await test::raw(server.port(), test::get("/"));
    EXPECT_EQ(test::body_of(good), "[GET / ]");
    co_await server.close();
  });
}

const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(http_refusals, lengths_that_contradict) {
  expect_refused({
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n" +
           hidden,
       400, "Content-Length and chunked"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
       "3\r\n\r\n0\r\n\r\n" +
           hidden,
       400, "chunked and Content-Length"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc" + hidden,
       400, "two lengths"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc" + hidden,
       400, "the same length twice"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc" + hidden, 400,
       "a list of lengths"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc" + hidden, 400,
       "a signed length"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + hidden, 400,
       "a negative length"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc" + hidden, 400,
       "a hexadecimal length"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3 4\r\n\r\nabc" + hidden, 400,
       "a length and more"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400,
       "no number of ours"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc" + hidden, 400,
       "a space before the colon"},
      {"POST / HTTP/1.1\r\nHost: x\r\n Content-Length: 3\r\n\r\nabc" + hidden, 400,
       "a space before the name"},
  });
}

TEST(http_refusals, transfer_encodings) {
  auto with = [](std::string value) {
    return "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:" + value + "\r\n\r\n0\r\n\r\n" +
           hidden;
  };
  std::string then_chunked = " chunked\r\nTransfer-Encoding: chunked";
  expect_refused({
      {with(" gzip, chunked"), 501, "gzip"},
      {with(" chunked, chunked"), 400, "chunked twice"},
      {with(" identity\r\nTransfer-Encoding: chunked"), 501, "identity, then chunked"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400,
       "with HTTP/1.0"},
  });
  // These llhttp refuses by itself or takes for no encoding that it knows.
  for (std::string value : {" chunked, identity", " xchunked", " \"chunked\"", " chunked;a=b",
                            " \vchunked", " identity", "", " cow", " chunked\r\n , gzip"}) {
    test::run([&]() -> rondo::task<> {
      auto server = co_await http::start_server(show, "127.0.0.1", 0);
      std::string answer = co_await test::raw(server.port(), with(value));
      EXPECT_TRUE(test::status_line(answer) == "HTTP/1.1 400" ||
                  test::status_line(answer) == "HTTP/1.1 501")
          << value << ":\n"
          << answer;
      EXPECT_EQ(answer.find("hidden"), answer.npos) << value << ":\n" << answer;
      co_await server.close();
    });
  }
}

TEST(http_refusals, lines) {
  expect_refused({
      {"GET / HTTP/1.1\nHost: x\n\n", 400, "bare line feeds"},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400, "one bare line feed"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\nX: y\r\n\r\n", 400, "a bare line feed hides a field"},
      {"GET / HTTP/1.1\r\nHost: x\r\n\n" + hidden, 400, "a bare line feed ends the header"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", 400, "a bare carriage return"},
      {"GET / HTTP/1.1\r\nHost: x\r\n\rA" + hidden, 400,
       "a carriage return and a letter (CVE-2025-23167)"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400, "a folded line"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n", 400, "a line folded by a tab"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 5\r\n\r\nabcde", 400, "a folded length"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\0 c\r\n\r\n"s, 400, "NUL in a value"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n"s, 400, "NUL in a name"},
      {"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400, "NUL in the target"},
      {"\0"s, 400, "NUL alone"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", 400, "a space in a name"},
      {"GET / HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n", 400, "no name"},
      {"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400, "no colon"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: \x7f\x01\r\n\r\n", 400, "control characters"},
  });
}

TEST(http_refusals, request_lines) {
  expect_refused({
      {"nonsense\r\n\r\n", 400, "nonsense"},
      {"GET\r\n\r\n", 400, "a method alone"},
      {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400, "a blank at the end"},
      {"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400, "no target"},
      {"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400, "version 9.9"},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "version 2.0"},
      {"GET / HTTQ/1.1\r\nHost: x\r\n\r\n", 400, "another protocol"},
      {"GET / http/1.1\r\nHost: x\r\n\r\n", 400, "small letters"},
      {"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a fragment"},
      {"GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a tab in the target"},
      {"GET /a\fb HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a form feed in the target"},
      {"GET /a\x7f"
       "b HTTP/1.1\r\nHost: x\r\n\r\n",
       400, "a control character in the target"},
      {"GET a/b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "a relative target"},
      {"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", 400, "no host in the target"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "no Host"},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, "two hosts"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "the preface of HTTP/2"},
      {"GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", 417, "an unknown expectation"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, "TLS"},
  });
}

TEST(http_refusals, hosts) {  // RFC 9112, 3.2
  std::vector<refusal> all;
  for (const char* host :
       {"a b",    "a/b",     "a?b",   "a#b", "a@b",   "user:secret@a", "a\\b", "<a>",
        "a\"b",   "a|b",     "ä",     "a:b", "a:1:2", "a:-1",          "[::1", "::1",
        "[::1]1", "[::1]:x", "[a b]", "[]",  "a]",    "a[b]"}) {
    all.push_back({"GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n" + hidden, 400, host});
    all.push_back({"GET / HTTP/1.0\r\nHost: "s + host + "\r\n\r\n", 400, host});
  }
  for (const char* host : {"user@a", "user:secret@a:80", "a:b", "[::1"})
    all.push_back({"GET http://"s + host + "/ HTTP/1.1\r\nHost: x\r\n\r\n" + hidden, 400, host});
  expect_refused(all);

  test::run([]() -> rondo::task<> {
    auto host = [](http::request& r) {
      return http::reply("[" + std::string(r.headers.get("Host")) + "]");
    };
    auto server = co_await http::start_server(host, "127.0.0.1", 0);
    for (std::string good :
         {"", "a", "A-1.example.org", "a_b", "a:", "a:80", "127.0.0.1:65535", "[::1]", "[::1]:80",
          "[::ffff:1.2.3.4]", "a,b", "a%20b", "xn--bcher-kva.example."}) {
      std::string answer =
          co_await test::raw(server.port(), "GET / HTTP/1.1\r\nHost: " + good + "\r\n\r\n");
      EXPECT_EQ(test::body_of(answer), "[" + good + "]");
    }
    co_await server.close();
  });
}

TEST(http_refusals, chunks) {
  auto with = [](std::string chunks) {
    return "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
  };
  std::string end = "0\r\n\r\n" + hidden;
  expect_refused({
      {with("x\r\nabc\r\n" + end), 400, "no number"},
      {with("-3\r\nabc\r\n" + end), 400, "a negative size"},
      {with("+3\r\nabc\r\n" + end), 400, "a signed size"},
      {with("0x3\r\nabc\r\n" + end), 400, "a hexadecimal prefix"},
      {with(" 3\r\nabc\r\n" + end), 400, "a blank before the size"},
      {with("3\nabc\r\n" + end), 400, "a bare line feed after the size"},
      {with("3\r\nabc\n" + end), 400, "a bare line feed after the data"},
      {with("3\r\nabcd\r\n" + end), 400, "more data than its size"},
      {with("3\r\nabcXX" + end), 400, "two bytes instead of the line's end"},
      {with("3\r\nabc00" + end), 400, "two digits instead of the line's end"},
      {with("3\r\nabc2f3\r\nxyz\r\n" + end), 400, "another chunk's size instead of the line's end"},
      {with("3\r\nabc\rX" + end), 400, "half of the line's end after the data"},
      {with("3\r\nab\r\n" + end), 400, "less data than its size"},
      {with("3;a\nb\r\nabc\r\n" + end), 400, "a bare line feed in an extension"},
      {with("3;a\rb\r\nabc\r\n" + end), 400, "a carriage return in an extension"},
      {with("\r\nabc\r\n" + end), 400, "no size"},
      {with("fffffffffffffffff\r\nabc\r\n" + end), 400, "a size of 17 digits"},
      {with("fffffffffffffff0\r\nabc\r\n"), 400, "cut in a huge chunk"},
      {with("3;" + std::string(10'000, 'x') + "\r\nabc\r\n" + end), 400,
       "a long extension (CVE-2024-22019)"},
      {with("0\r\nT: " + std::string(10'000, 'x') + "\r\n\r\n" + hidden), 400, "a long trailer"},
      {with("0\r\nT: a\nX: y\r\n\r\n" + hidden), 400, "a bare line feed in a trailer"},
      {with("3\r\nabc"), 400, "cut after the data"},
      {with("0\r\n"), 400, "cut before the end"},
  });
}

// What stands between the chunks counts in whatever pieces it comes.
TEST(http_refusals, chunks_in_pieces) {
  http::server_options limits;
  std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  auto refused = [&](const std::string& request, std::size_t cut) {
    http::detail::http1_message message(limits);
    message.restart();
    try {
      for (std::string_view part :
           {std::string_view(request).substr(0, cut), std::string_view(request).substr(cut)})
        while (!part.empty() && !message.done()) part.remove_prefix(message.parse(part));
    } catch (const http::status_error& e) {
      return e.status() == 400;
    }
    EXPECT_EQ(message.body, "abcdefg");
    return false;
  };
  for (std::string ends : {"XX", "00", "\rX", "\r\r", "\n\n", "\n\r", "X\n"}) {
    std::string request = head + "3\r\nabc" + ends + "4\r\ndefg\r\n0\r\n\r\n";
    for (std::size_t cut = 0; cut <= request.size(); ++cut)
      EXPECT_TRUE(refused(request, cut)) << ends << " at " << cut;
  }
  std::string good = head + "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= good.size(); ++cut) EXPECT_FALSE(refused(good, cut)) << cut;
}

TEST(http_refusals, blanks_around_values_are_no_part_of_them) {  // RFC 9110, 5.5
  test::run([]() -> rondo::task<> {
    auto echo = [](http::request& r) -> rondo::task<http::reply> {
      std::string body = co_await r.body();
      co_return "[" + std::string(r.headers.get("X")) + "][" + body + "]" + r.id();
    };
    auto server = co_await http::start_server(echo, "127.0.0.1", 0);
    for (std::string blanks : {" ", "\t", " \t "}) {
      std::string answer = co_await test::raw(
          server.port(), test::post("/", "abc",
                                    "X:" + blanks + "a b" + blanks + "\r\nX-Request-Id: id" +
                                        blanks + "\r\nExpect: 100-continue" + blanks +
                                        "\r\nConnection: close" + blanks + "\r\n") +
                             hidden);
      EXPECT_NE(answer.find("[a b][abc]id"), answer.npos) << answer;
      EXPECT_NE(answer.find("Connection: close"), answer.npos) << answer;
      EXPECT_EQ(answer.find("hidden"), answer.npos) << answer;
      // Taken for what it says or refused, but the same by all that read it.
      answer = co_await test::raw(
          server.port(), "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked" + blanks +
                             "\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
      bool read = answer.find("[][abc]") != answer.npos;
      EXPECT_TRUE(read || test::status_line(answer) == "HTTP/1.1 400") << answer;
    }
    co_await server.close();
  });
}

TEST(http_refusals, sizes) {
  http::server_options small;
  small.max_header_bytes = 500;
  small.max_target_bytes = 100;
  small.max_fields = 10;
  small.max_body = 1000;
  std::string fields;
  for (int i = 0; i < 12; ++i) fields += "A: b\r\n";
  std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(
      {
          {test::get("/" + std::string(101, 'x')), 414, "a long target"},
          {"GET /" + std::string(600'000, 'x'), 414, "an endless target"},
          {test::get("/", "A: " + std::string(600, 'x') + "\r\n"), 431, "a large field"},
          {test::get("/", "A: " + std::string(600'000, 'x') + "\r\n"), 431, "a giant field"},
          {test::get("/", std::string(600, 'x') + ": a\r\n"), 431, "a large name"},
          {test::get("/", fields), 431, "many fields"},
          {std::string(100'000, 'G'), 501, "an endless method"},
          {test::post("/", std::string(1001, 'x')), 413, "a large body"},
          {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n", 413,
           "a giant length"},
          {chunked + "400\r\n" + std::string(1024, 'c') + "\r\n0\r\n\r\n", 413, "a large chunk"},
          {chunked + "fffffff\r\n" + std::string(100'000, 'c'), 413, "a giant chunk"},
      },
      small);
}

TEST(http_refusals, an_endless_header_is_cut_off_while_it_comes) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(show, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write("GET / HTTP/1.1\r\nHost: x\r\n");
    std::size_t sent = 0;
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "A: b\r\n";
    bool refused = false;
    while (!refused && sent < 100'000'000) {
      try {
        co_await s.write(lines);
        sent += lines.size();
      } catch (const std::system_error&) {
        refused = true;
      }
    }
    EXPECT_TRUE(refused) << "it took " << sent << " bytes of header";
    co_await server.close();
  });
}

TEST(http_refusals, every_prefix_of_a_request_is_cut_or_served) {
  test::diagnostics problems;
  test::run([&]() -> rondo::task<> {
    problems.listen();
    auto server = co_await http::start_server(show, "127.0.0.1", 0);
    std::string chunked =
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;e=f\r\nabc\r\n0\r\nT: "
        "u\r\n\r\n";
    for (const std::string& whole : {test::post("/a", "abc", "A: b\r\n"), chunked}) {
      for (std::size_t n = 0; n <= whole.size(); ++n) {
        std::string answer = co_await test::raw(server.port(), whole.substr(0, n));
        std::string wanted = n == 0 ? "" : n < whole.size() ? "HTTP/1.1 400" : "HTTP/1.1 200";
        EXPECT_EQ(test::status_line(answer), wanted) << "after " << n << " bytes";
      }
      // The same in two pieces, which must make no difference.
      for (std::size_t n = 1; n < whole.size(); ++n) {
        auto s = co_await rondo::open_connection("127.0.0.1", server.port());
        co_await s.write(std::string_view(whole).substr(0, n));
        co_await rondo::sleep(0s);
        co_await rondo::sleep(0s);
        co_await s.write(std::string_view(whole).substr(n));
        s.shutdown_write();
        std::string answer = co_await s.read_all(1 << 20);
        EXPECT_EQ(test::body_of(answer), "[POST /a abc]") << "cut at " << n;
      }
    }
    co_await server.close();
  });
  EXPECT_EQ(problems.messages, test::lines{});
}

TEST(http_refusals, a_request_that_comes_byte_by_byte_is_one) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(show, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    std::string whole = "\r\n\r\n" + test::post("/a", "abc", "A: b\r\n") + test::get("/b");
    for (char c : whole) {
      co_await s.write(std::string_view(&c, 1));
      co_await rondo::sleep(0s);
    }
    s.shutdown_write();
    std::string answer = co_await s.read_all(1 << 20);
    EXPECT_NE(answer.find("[POST /a abc]"), answer.npos) << answer;
    EXPECT_NE(answer.find("[GET /b ]"), answer.npos) << answer;
    co_await server.close();
  });
}

TEST(http_refusals, forms_of_the_target) {
  test::run([]() -> rondo::task<> {
    auto host = [](http::request& r) -> http::reply {
      return r.method + " " + r.target + " " + std::string(r.headers.get("Host"));
    };
    auto server = co_await http::start_server(host, "127.0.0.1", 0);
    auto ask = [&](std::string line) -> rondo::task<std::string> {
      std::string answer = co_await test::raw(server.port(), line + " HTTP/1.1\r\nHost: x\r\n\r\n");
      co_return test::body_of(answer);
    };
    EXPECT_EQ(co_await ask("GET http://other:80/a?b"), "GET /a?b other:80") << "RFC 9112, 3.2.2";
    EXPECT_EQ(co_await ask("GET http://other"), "GET / other");
    EXPECT_EQ(co_await ask("GET http://other?q=/"), "GET /?q=/ other");
    EXPECT_EQ(co_await ask("OPTIONS *"), "OPTIONS * x");
    EXPECT_EQ(co_await ask("GET /a/../b//c"), "GET /a/../b//c x") << "the target is not changed";
    EXPECT_EQ(co_await ask("GET //other/a"), "GET //other/a x");
    co_await server.close();
  });
}

}  // namespace
