// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The client against the server.
#include <rondo/http/client.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/io/open_connection.hpp>

#include <sys/socket.h>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include <rondo/testing/replace_new.hpp>
#include "support/hello_site.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

using test::hello_site;
using test::url;

namespace {

TEST(http, gets_and_posts) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    auto r = co_await http::get(url(server, "/hello"));
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.body, "Hello, World!");
    EXPECT_EQ(r.headers.get("content-length"), "13");
    r = co_await http::post(url(server, "/echo"), std::string(500'000, 'p'));
    EXPECT_EQ(r.body.size(), 500'000u);
    r = co_await http::get(url(server, "/nothing"));
    EXPECT_EQ(r.status, 404);
    EXPECT_THROW(r.raise_for_status(), http::http_error);
    co_await server.close();
  });
}

TEST(http, streams_both_ways_with_a_slow_reader) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    {
      http::session session;
      auto t = co_await session.stream(url(server, "/stream"));
      EXPECT_EQ(t.status(), 200);
      std::size_t total = 0;
      while (true) {
        std::string piece = co_await t.read();
        if (piece.empty()) break;
        total += piece.size();
        co_await rondo::sleep(0s);
      }
      EXPECT_EQ(total, 300'000u);
    }
    co_await server.close();
  });
}

TEST(http, a_cancelled_get_leaves_the_session_sound) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    {
      http::session session;
      for (int i = 0; i < 20; ++i) {
        auto r = co_await rondo::move_on_after(session.get(url(server, "/slow")), 1ms);
        EXPECT_FALSE(r);
      }
      auto r = co_await session.get(url(server, "/hello"));
      EXPECT_EQ(r.body, "Hello, World!");
    }
    co_await server.close(0s);
  });
}

TEST(http, failures_name_the_url_and_the_cause) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    std::string gone = url(server, "/x");
    co_await server.close();
    auto failure_of = [](std::string u) -> rondo::task<std::string> {
      try {
        auto r = co_await http::get(u);
        co_return "no failure: " + std::to_string(r.status);
      } catch (const http::http_error& e) {
        co_return e.what();
      }
    };
    EXPECT_EQ(co_await failure_of(gone), "GET " + gone + ": Connection refused");
    EXPECT_EQ(co_await failure_of("http://nosuch.invalid/"),
              "GET http://nosuch.invalid/: Could not resolve host: nosuch.invalid");
    std::string bad = co_await failure_of("http://a b/");
    EXPECT_EQ(bad, "GET http://a b/: malformed URL: it holds a space or a control character");
    EXPECT_EQ(co_await failure_of("gopher://x/"),
              "GET gopher://x/: malformed URL: the scheme 'gopher' is not one of the web");
    EXPECT_EQ(co_await failure_of("ws://x/"), "GET ws://x/: the scheme is not http or https");
    EXPECT_EQ(co_await failure_of("x/y"), "GET x/y: malformed URL: no scheme: it is not absolute");
    EXPECT_EQ(co_await failure_of("http:/\\u:secret@h:x/"),
              "GET http:/\\u:***@h:x/: malformed URL: the port 'x' is no number");
  });
}

// What is checked is what is connected to.
TEST(http, urls_are_read_as_http_url_reads_them) {
  test::run([]() -> rondo::task<> {
    std::string asked;
    auto note = [&](rondo::stream s) -> rondo::task<> {
      asked = co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.0 200 OK\r\n\r\nhere");
    };
    auto server = co_await rondo::start_server(note, "127.0.0.1", 0);
    std::string port = std::to_string(server.port());
    for (auto [at, sent] :
         {std::pair("http://127.0.0.1:" + port + "\\@127.0.0.1:1/", "GET /@127.0.0.1:1/ HTTP/1.1"),
          {"http:\\\\127.0.0.1:" + port + "/@127.0.0.1:1/", "GET /@127.0.0.1:1/ HTTP/1.1"},
          {"http:/0x7f.1:" + port + "/a/%2e%2E/@127.0.0.1:1/", "GET /@127.0.0.1:1/ HTTP/1.1"},
          {"http://a:b@c@\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.1:" + port + "?/../@127.0.0.1:1/",
           "GET /?/../@127.0.0.1:1/ HTTP/1.1"}}) {
      http::response r = co_await http::get(at);
      EXPECT_EQ(r.body, "here") << at;
      EXPECT_EQ(asked.substr(0, asked.find("\r\n")), sent) << at;
      EXPECT_NE(asked.find("\r\nHost: 127.0.0.1:" + port + "\r\n"), asked.npos) << asked;
    }
    static_cast<void>(
        co_await http::get("http://127.0.0.1:" + port + "/a\"b<c>`{d}|e^f?q=\"<>`{}|\\^'#\""));
    EXPECT_EQ(asked.substr(0, asked.find("\r\n")),
              "GET /a%22b%3Cc%3E%60%7Bd%7D%7Ce%5Ef?q=%22%3C%3E%60%7B%7D%7C%5C%5E%27 HTTP/1.1");
    http::session_options options;
    options.base_url = "http://127.0.0.1:" + port + "/dir/page";
    http::session client(options);
    http::request_options with_params;
    with_params.params = {{"a b", "\xC3\xA9"}};
    static_cast<void>(co_await client.get("..\\\xC3\xBC#\"", with_params));
    EXPECT_EQ(asked.substr(0, asked.find("\r\n")), "GET /%C3%BC?a%20b=%C3%A9 HTTP/1.1");
    options.base_url = "127.0.0.1";
    http::session without_scheme(options);
    try {
      static_cast<void>(co_await without_scheme.get("x"));
      ADD_FAILURE() << "that base_url is none";
    } catch (const http::http_error& e) {
      EXPECT_STREQ(e.what(),
                   "GET x: malformed base_url '127.0.0.1': no scheme: it is not absolute");
      EXPECT_EQ(e.why(), http::failure::bad_url);
    }
  });
}

TEST(http, a_header_cut_short_is_no_empty_response) {
  test::run([]() -> rondo::task<> {
    auto cut = [](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Le");
    };
    auto server = co_await rondo::start_server(cut, "127.0.0.1", 0);
    http::failure why = http::failure::other;
    try {
      auto r = co_await http::get("http://127.0.0.1:" + std::to_string(server.port()) + "/");
      ADD_FAILURE() << "status " << r.status;
    } catch (const http::http_error& e) {
      why = e.why();
    }
    EXPECT_EQ(why, http::failure::cut);
    co_await server.close();
  });
}

#if RONDO_ALLOCATIONS_CAN_FAIL
// C code stands between: nothing may be thrown through libcurl.
TEST(http, one_allocation_fails) {
  std::atomic<std::uint16_t> port{0};
  std::atomic<bool> stop{false};
  std::thread there([&] {  // whose memory is not short
    test::run([&]() -> rondo::task<> {
      auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
      port = server.port();
      while (!stop) co_await rondo::sleep(1ms);
      co_await server.close(0s);
    });
  });
  while (port == 0) std::this_thread::yield();
  std::string base = "http://127.0.0.1:" + std::to_string(port);
  auto whole = [&](http::session& session) -> rondo::task<std::size_t> {
    auto r = co_await session.get(base + "/stream");
    co_return r.body.size();
  };
  auto streamed = [&](http::session& session) -> rondo::task<std::size_t> {
    auto t = co_await session.stream(base + "/stream");
    std::size_t total = 0;
    for (;;) {
      std::string piece = co_await t.read();
      if (piece.empty()) co_return total;
      total += piece.size();
    }
  };
  auto each_allocation = [&](auto transfer) {
    bool passed = false;
    int failures = 0;
    for (int n = 0; n < 3000 && !passed && !testing::Test::HasFailure(); ++n) {
      test::run([&]() -> rondo::task<> {
        http::session session;
        try {
          rondo::testing::failing_allocation fault(n);
          std::size_t size = co_await transfer(session);
          EXPECT_EQ(size, 300'000u);
          passed = !fault.has_failed();
        } catch (const std::bad_alloc&) {
          ++failures;
        } catch (const http::http_error&) {  // epoll's own table: libcurl is told of a bad socket
          ++failures;
        } catch (const std::exception& e) {
          ADD_FAILURE() << "with allocation " << n << " failing: " << e.what();
        }
        auto again = co_await session.get(base + "/hello");
        EXPECT_EQ(again.body, "Hello, World!") << "with allocation " << n << " failing";
      });
    }
    EXPECT_TRUE(passed);
    EXPECT_GT(failures, 5);
  };
  each_allocation(whole);
  each_allocation(streamed);
  stop = true;
  there.join();
}
#endif

TEST(http, a_post_that_is_sent_elsewhere_becomes_a_get) {
  test::run([]() -> rondo::task<> {
    std::string seen;
    auto handler = [&](http::request& r) {
      seen += r.method + " " + r.target + ";";
      http::reply answer("done");
      if (r.target == "/form") {
        answer.status = 303;
        answer.headers.add("Location", "/done");
      }
      return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto r = co_await http::post(url(server, "/form"), "a=b");
    EXPECT_EQ(r.body, "done");
    EXPECT_EQ(seen, "POST /form;GET /done;");
    co_await server.close();
  });
}

TEST(http, a_session_may_die_before_its_transfers) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    std::string slow = url(server, "/slow");
    rondo::task_handle<http::response> left;
    {
      http::session session;
      left = rondo::create_task(session.get(slow));
      co_await rondo::sleep(0s);
      co_await rondo::sleep(0s);
    }
    auto ended = co_await rondo::outcome_of(left);
    EXPECT_TRUE(ended.has_error());
    co_await server.close(0s);
  });
}

TEST(http, stream_returns_with_the_header) {
  test::run([]() -> rondo::task<> {
    rondo::event go;
    auto later = [&]() -> rondo::async_generator<std::string> {
      co_await go.wait();
      co_yield std::string("body");
    };
    auto handler = [&](http::request&) {
      http::reply r;
      r.stream = later();
      return r;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    {
      http::session session;
      auto t = co_await session.stream(url(server, "/"));  // would wait for ever for the body
      EXPECT_EQ(t.status(), 200);
      go.set();
      EXPECT_EQ(co_await t.read(), "body");
    }
    co_await server.close();
  });
}

// A source that always has its next piece at hand must let others run.
TEST(http, an_upload_from_a_fast_source_does_not_hold_the_loop) {
  test::run([]() -> rondo::task<> {
    constexpr int all = 50'000;
    int made = 0, most_between_turns = 0;
    auto fast = [&]() -> rondo::async_generator<std::string> {
      while (made < all) {
        ++made;
        co_yield std::string("x");
      }
    };
    auto others = [&]() -> rondo::task<> {
      while (made < all) {
        int before = made;
        co_await rondo::sleep(0s);
        most_between_turns = std::max(most_between_turns, made - before);
      }
    };
    auto server = co_await http::start_server(hello_site, "127.0.0.1", 0);
    {
      http::session session;
      auto [answer, none] =
          co_await rondo::gather(session.put(url(server, "/echo"), fast()), others());
      EXPECT_EQ(answer.body.size(), static_cast<std::size_t>(all));
    }
    EXPECT_LE(most_between_turns, 1'000);
    co_await server.close();
  });
}

}  // namespace
