// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The same requests over every transport, cut in every way: the answer is the same.
#include "support/transports.hpp"

#include <gtest/gtest.h>

#include "http/server/http1_message.hpp"
#include "support/raw.hpp"

namespace http = rondo::http;

namespace {

rondo::task<http::reply> show(http::request& r) {
  std::string body = co_await r.body();
  std::size_t all = 0;
  for (const auto& [name, value] : r.headers) all += name.size() + value.size();
  co_return "[" + r.method + " " + r.target + " " + std::to_string(all) + " " + body + "]";
}

/// A header of that many bytes, in fields of so many.
std::string header_of(std::size_t size, std::size_t field) {
  std::string header = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  while (header.size() + 2 < size) {
    std::size_t left = size - 2 - header.size();
    std::size_t n = left < field + 5 ? left : field;  // what is left fits a field
    header += "C: " + std::string(n - 5, 'c') + "\r\n";
  }
  return header + "\r\n";
}

TEST(http_transports, headers_up_to_the_limit_are_served) {
  for (test::transport t : test::transports) {
    for (test::pieces cut : test::every_cut) {
      test::run([&]() -> rondo::task<> {
        http::server_options options;
        if (cut == test::pieces::each_byte) options.max_header_bytes = 5000;
        auto reached = co_await test::reached_server::start(t, show, options);
        auto all = [&]() -> rondo::task<> {
          std::size_t most = options.max_header_bytes;
          for (std::size_t size : {std::size_t{4000}, std::size_t{4095}, std::size_t{4096},
                                   std::size_t{4097}, most - 1, most, most + 1}) {
            for (std::size_t field : {std::size_t{300}, std::size_t{20'000}}) {
              std::string request = header_of(size, field);
              EXPECT_EQ(request.size(), size);
              std::string answer = co_await reached.ask(request, cut);
              EXPECT_EQ(test::status_line(answer), size <= most ? "HTTP/1.1 200" : "HTTP/1.1 431")
                  << test::name_of(t, cut) << ", " << size << " bytes:\n"
                  << answer;
            }
          }
        };
        co_await rondo::with_server(reached.server, all);
      });
    }
  }
}

/// Requests of every kind; each ends its connection.
std::vector<std::string> requests() {
  std::string post = "POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "\r\n\r\nGET /after-empty-lines HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "QUERY /own HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
      "get /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "G!#$%&'*+-.^_`|~9 /marks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      std::string(64, 'M') + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      std::string(65, 'M') + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GE\tT / HTTP/1.1\r\nHost: x\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\rGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n",
      post + "Content-Length: 11\r\n\r\nhello world",
      chunked + "5;ext=\"a\"\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\n",
      chunked + "5\r\nhelloXX",
      chunked + "3;" + std::string(3000, 'x') + "\r\nabc\r\n3;" + std::string(3000, 'y') +
          "\r\ndef\r\n0\r\n\r\n",
      chunked + "3;" + std::string(4200, 'x') + "\r\nabc\r\n0\r\n\r\n",
      chunked + "0\r\nT: " + std::string(3000, 'x') + "\r\n\r\n",
      chunked + "0\r\nT: " + std::string(4200, 'x') + "\r\n\r\n",
      "POST /p HTTP/1.1\r\nHost: x\r\nC: " + std::string(4090, 'c') +
          "\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(3000, 'x') +
          "\r\nabc\r\n0\r\n\r\n",
  };
}

/// What a message is read as, or why not; in pieces that end at these places.
std::string read_as(const std::string& bytes, const std::vector<std::size_t>& cuts) {
  http::server_options limits;
  http::detail::http1_message message(limits);
  message.restart();
  std::size_t begin = 0;
  std::string body;
  try {
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
      std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
      std::string_view part = std::string_view(bytes).substr(begin, end - begin);
      while (!part.empty() && !message.done()) {
        part.remove_prefix(message.parse(part));
        body += std::exchange(message.body, {});
      }
      begin = end;
    }
  } catch (const http::status_error& e) {
    return std::to_string(e.status()) + " " + e.what();
  }
  const http::request& r = message.request;
  std::string read = message.done() ? "whole " : "unfinished ";
  read += r.method + " " + r.target + (r.http_1_0 ? " 1.0" : "") +
          (message.keep_alive() ? " keep" : "");
  for (const auto& [name, value] : r.headers) read += " " + name + "=" + value;
  return read + " [" + body + "]";
}

TEST(http_transports, a_message_is_the_same_however_it_is_cut) {
  for (const std::string& bytes : requests()) {
    std::string whole = read_as(bytes, {});
    std::string shown = bytes.substr(0, 60);
    std::vector<std::size_t> all;
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      all.push_back(at);
      std::vector<std::size_t> one{at};
      EXPECT_EQ(read_as(bytes, one), whole) << shown << " cut at " << at;
    }
    EXPECT_EQ(read_as(bytes, all), whole) << shown << " byte by byte";
  }
}

TEST(http_transports, the_answer_is_the_same_however_a_request_comes) {
  std::vector<std::string> expected;
  for (test::transport t : test::transports) {
    for (test::pieces cut : test::every_cut) {
      test::run([&]() -> rondo::task<> {
        auto reached = co_await test::reached_server::start(t, show);
        auto all = [&]() -> rondo::task<> {
          std::size_t n = 0;
          for (const std::string& bytes : requests()) {
            if (cut == test::pieces::each_byte && bytes.size() > 1000) {
              ++n;
              continue;
            }
            std::string answer = co_await reached.ask(bytes, cut, static_cast<unsigned>(n));
            std::string said = test::status_line(answer) + " " + test::body_of(answer);
            if (t == test::transport::tcp && cut == test::pieces::one) {
              expected.push_back(said);
            } else {
              EXPECT_EQ(said, expected.at(n))
                  << test::name_of(t, cut) << ": " << bytes.substr(0, 60);
            }
            ++n;
          }
        };
        co_await rondo::with_server(reached.server, all);
      });
    }
  }
  EXPECT_EQ(expected.front(), "HTTP/1.1 200 [GET / 20 ]");
}

TEST(http_transports, methods_of_ones_own_have_routes) {  // RFC 9110, 9.1
  test::run([]() -> rondo::task<> {
    http::router site;
    site.get("/", [](http::request&) { return "got"; });
    site.route("QUERY", "/search", [](http::request& r) { return "found by " + r.method; });
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    auto all = [&]() -> rondo::task<> {
      auto ask = [&](std::string line) -> rondo::task<std::string> {
        co_return co_await test::raw(server.port(), line + " HTTP/1.1\r\nHost: x\r\n\r\n");
      };
      std::string found = co_await ask("QUERY /search");
      EXPECT_EQ(test::body_of(found), "found by QUERY");
      std::string options = co_await ask("OPTIONS /search");
      EXPECT_NE(options.find("QUERY"), options.npos) << options;
      std::string brew = co_await ask("BREW /");
      EXPECT_EQ(test::status_line(brew), "HTTP/1.1 405");
      EXPECT_NE(brew.find("Allow: GET"), brew.npos) << brew;
      std::string small = co_await ask("get /");
      EXPECT_EQ(test::status_line(small), "HTTP/1.1 405") << "methods are case-sensitive";
      EXPECT_EQ(test::status_line(co_await ask("BREW /nowhere")), "HTTP/1.1 404");
    };
    co_await rondo::with_server(server, all);
  });
}

// As `nc -N` does. A handler of more than 50 ms is one whose client is watched.
TEST(http_transports, a_client_that_ends_its_side_gets_its_reply) {
  for (test::transport t : test::transports) {
    test::run([&]() -> rondo::task<> {
      auto slow = [](http::request& r) -> rondo::task<http::reply> {
        std::string body = co_await r.body();
        co_await rondo::sleep(std::chrono::milliseconds(r.path() == "/slow" ? 200 : 5));
        co_return "[" + body + "]";
      };
      auto reached = co_await test::reached_server::start(t, slow);
      auto all = [&]() -> rondo::task<> {
        for (std::string request :
             {test::get("/quick", "Connection: close\r\n"), test::get("/quick"),
              test::get("/slow", "Connection: close\r\n"),
              std::string("GET /slow HTTP/1.0\r\n\r\n"),
              test::post("/slow", "body", "Connection: close\r\n")}) {
          rondo::stream s = co_await reached.connect();
          co_await s.write(request);
          s.shutdown_write();
          std::string answer = co_await s.read_all(10'000);
          EXPECT_EQ(test::body_of(answer), request.starts_with("POST") ? "[body]" : "[]")
              << test::name_of(t, test::pieces::one) << ": " << request;
        }
      };
      co_await rondo::with_server(reached.server, all);
    });
  }
}

// And one that is gone is noticed, when its connection is reset.
TEST(http_transports, a_reset_after_the_last_request_cancels_its_handler) {
  test::run([]() -> rondo::task<> {
    int begun = 0, cancelled = 0;
    auto handler = [&](http::request&) -> rondo::task<http::reply> {
      struct watched {
        int& n;
        ~watched() { n += rondo::unwinding(); }
      } w{cancelled};
      ++begun;
      co_await rondo::event().wait();
      co_return "never";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(test::get("/", "Connection: close\r\n"));
    EXPECT_TRUE(co_await test::comes_true([&] { return begun == 1; }));
    test::reset_on_close(s);
    s.close();
    EXPECT_TRUE(co_await test::comes_true([&] { return cancelled == 1; }));
    co_await server.close(std::chrono::seconds(0));
  });
}

TEST(http_transports, fields_that_a_parser_made_cannot_add_header_lines) {
  test::run([]() -> rondo::task<> {
    test::diagnostics reported;
    reported.listen();
    std::string bad;
    auto handler = [&](http::request&) {
      http::reply r("x");
      r.headers.add_parsed("X", "a" + bad + "Set-Cookie: evil=1");  // as of a response
      return r;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    for (std::string one :
         {std::string("\r"), std::string("\n"), std::string("\r\n"), std::string("\0", 1)}) {
      bad = one;
      std::string answer = co_await test::raw(server.port(), test::get("/"));
      EXPECT_EQ(test::status_line(answer), "HTTP/1.1 500");
      EXPECT_EQ(answer.find("evil"), answer.npos) << answer;
    }
    EXPECT_EQ(reported.messages.size(), 4u);
    rondo::loop::current().set_exception_handler({});
    co_await server.close();
  });
}

}  // namespace
