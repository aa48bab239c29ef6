// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A session whose requests are answered in its own process, on the real backends and in
// virtual time.
#include <rondo/http/server/in_process.hpp>

#include <gtest/gtest.h>

#include <rondo/http/client.hpp>
#include <rondo/http/server.hpp>
#include <rondo/testing.hpp>
#include "support/async.hpp"
#include "support/raw.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

/// On the backend of the test run, and in virtual time.
template <class F>
void everywhere(F f) {
  test::run(f);
  rondo::testing::run_virtual(f);
}

http::session_options asking(const http::in_process& site) {
  http::session_options options;
  options.served_by = site;
  return options;
}

TEST(http_in_process, requests_reach_the_handler_by_any_host) {
  everywhere([]() -> rondo::task<> {
    http::router site;
    site.get("/hello/{name}", [](http::request& r) {
      return "Hello " + r.param("name") + " of " + std::string(r.headers.get("Host"));
    });
    site.post("/echo",
              [](http::request& r) -> rondo::task<http::reply> { co_return co_await r.body(); });
    http::session client(asking(http::in_process(site)));
    auto hello = co_await client.get("http://api.example.com/hello/you");
    EXPECT_EQ(hello.status, 200);
    EXPECT_EQ(hello.body, "Hello you of api.example.com");
    auto [a, b] = co_await rondo::gather(client.get("http://one.example:81/hello/a"),
                                         client.get("http://two.example/hello/b"));
    EXPECT_EQ(a.body, "Hello a of one.example:81");
    EXPECT_EQ(b.body, "Hello b of two.example");
    std::string large(3'000'000, 'x');  // more than the sockets hold
    auto echo = co_await client.post("http://api.example.com/echo", large.substr(0, 900'000));
    EXPECT_EQ(echo.body, large.substr(0, 900'000));
    EXPECT_EQ((co_await client.post("http://h/echo", large)).status, 413);
    EXPECT_EQ((co_await client.get("http://h/nowhere")).status, 404);
  });
}

rondo::async_generator<std::string> count_slowly() {
  for (int i = 0; i < 3; ++i) {
    co_await rondo::sleep(10ms);
    co_yield std::to_string(i);
  }
}

TEST(http_in_process, redirects_cookies_and_streams_are_those_of_the_network) {
  everywhere([]() -> rondo::task<> {
    http::router site;
    site.get("/login", [](http::request&) {
      http::reply r = http::reply::redirect("/home");
      r.headers.add("Set-Cookie", "id=7; Path=/");
      return r;
    });
    site.get("/home", [](http::request& r) { return std::string(r.headers.get("Cookie")); });
    site.get("/count", [](http::request&) {
      http::reply r;
      r.stream = count_slowly();
      return r;
    });
    http::session client(asking(http::in_process(site)));
    auto home = co_await client.get("http://site.example/login");
    EXPECT_EQ(home.body, "id=7");
    EXPECT_EQ(home.history.size(), 1u);
    auto stream = co_await client.stream("http://site.example/count");
    EXPECT_EQ(co_await stream.read_all(), "012");
  });
}

TEST(http_in_process, an_hour_of_a_slow_handler_passes_in_virtual_time) {
  rondo::testing::run_virtual([]() -> rondo::task<> {
    auto slow = []() -> rondo::task<http::reply> {
      co_await rondo::sleep(1h);
      co_return "late";
    };
    http::in_process site(slow);
    http::session client(asking(site));
    auto begin = rondo::now();
    http::request_options patient;
    patient.timeouts = http::timeouts{};
    patient.timeouts->first_byte = 2h;
    auto late = co_await client.get("http://h/", patient);
    EXPECT_EQ(late.body, "late");
    EXPECT_EQ(rondo::now() - begin, 1h);
    auto given_up = co_await rondo::move_on_after(client.get("http://h/", patient), 10min);
    EXPECT_FALSE(given_up);
    EXPECT_EQ(rondo::now() - begin, 70min);
    co_await rondo::testing::wait_until_all_blocked();  // its handler ends
  });
}

/// Who gives up leaves the server with a broken pipe.
rondo::task<> ended_by_client(rondo::task<> server) {
  try {
    co_await std::move(server);
  } catch (const std::system_error&) {
  }
}

/// What a request fails with, and after how long.
rondo::task<std::pair<std::string, rondo::delay>> failure_of(http::session& client,
                                                             http::timeouts t) {
  http::request_options options;
  options.timeouts = t;
  auto begin = rondo::now();
  auto got = co_await rondo::outcome_of(client.get("http://h/", options));
  std::string text;
  if (got.has_error()) text = rondo::describe(got.exception());
  co_return {text, rondo::now() - begin};
}

// The client's clock is the loop's.
TEST(http_in_process, each_timeout_of_the_client_in_virtual_time) {
  rondo::testing::run_virtual([]() -> rondo::task<> {
    rondo::delay before = 0s, between = 0s;
    auto slow = [&](rondo::stream client) -> rondo::task<> {
      co_await client.read_until("\r\n\r\n");
      co_await rondo::sleep(before);
      co_await client.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n");
      for (int i = 0; i < 10; ++i) {
        co_await client.write("x");
        co_await rondo::sleep(between);
      }
    };
    http::session_options options;
    options.served_by = [&](rondo::stream client) {
      rondo::create_task(ended_by_client(slow(std::move(client))));
    };
    http::session client(options);
    http::timeouts t;
    t.first_byte = 10min;
    t.idle = 1min;
    before = 11min;
    auto [text, after] = co_await failure_of(client, t);
    EXPECT_NE(text.find("no response within"), text.npos) << text;
    EXPECT_EQ(after.count(), rondo::delay(10min).count());
    before = 9min;  // longer than idle, which begins with the answer
    between = 59s;
    std::tie(text, after) = co_await failure_of(client, t);
    EXPECT_EQ(text, "");
    between = 2min;
    std::tie(text, after) = co_await failure_of(client, t);
    EXPECT_NE(text.find("nothing came or went"), text.npos) << text;
    EXPECT_EQ(after.count(), rondo::delay(10min).count());
    between = 10s;
    t.slowest = 1;
    std::tie(text, after) = co_await failure_of(client, t);
    EXPECT_NE(text.find("slower than 1"), text.npos) << text;
    t.slowest = 0;
    t.total = 9min + 15s;
    std::tie(text, after) = co_await failure_of(client, t);
    EXPECT_NE(text.find("not complete within"), text.npos) << text;
    EXPECT_EQ(after.count(), rondo::delay(9min + 15s).count());
  });
}

// A small body goes out with the header, and is no sign of life.
TEST(http_in_process, a_body_does_not_make_the_wait_for_an_answer_longer) {
  rondo::testing::run_virtual([]() -> rondo::task<> {
    http::session_options options;
    std::vector<rondo::stream> silent;
    options.served_by = [&](rondo::stream client) { silent.push_back(std::move(client)); };
    http::session client(options);
    http::request_options asked;
    asked.timeouts = http::timeouts{};
    for (bool first_byte : {false, true}) {
      if (first_byte) asked.timeouts->first_byte = 2min;
      auto begin = rondo::now();
      auto got = co_await rondo::outcome_of(client.post("http://h/", "x", asked));
      EXPECT_TRUE(got.has_error());
      std::chrono::nanoseconds limit = first_byte ? 120s : 30s;
      EXPECT_EQ(rondo::now() - begin, limit);
    }
  });
}

TEST(http_in_process, an_interim_response_is_no_answer_yet) {
  rondo::testing::run_virtual([]() -> rondo::task<> {
    http::session_options options;
    auto hinting = [](rondo::stream client) -> rondo::task<> {
      co_await client.read_until("\r\n\r\n");
      co_await client.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
      co_await rondo::sleep(5min);
      co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    };
    options.served_by = [&](rondo::stream client) {
      rondo::create_task(hinting(std::move(client)));
    };
    http::session client(options);
    http::request_options patient;
    patient.timeouts = http::timeouts{};
    patient.timeouts->first_byte = 10min;
    EXPECT_EQ((co_await client.get("http://h/", patient)).body, "done");
  });
}

// Nobody knows how much of a Unix socket's output its reader has taken.
TEST(http_in_process, a_slow_reader_is_not_cut) {
  rondo::testing::run_virtual([]() -> rondo::task<> {
    http::in_process site([] { return std::string(3'000'000, 'x'); });
    auto [client, server] = rondo::socketpair();
    site(std::move(server));
    co_await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    std::size_t all = 0;
    for (std::string piece; !(piece = co_await client.read(64 * 1024)).empty();) {
      all += piece.size();
      if (all > 3'000'000) break;
      co_await rondo::sleep(10s);
    }
    EXPECT_GT(all, 3'000'000u);
  });
}

TEST(http_in_process, misuse_is_refused) {
  std::unique_ptr<http::in_process> kept;
  auto serve = [&](http::in_process& site) -> std::string {
    auto [client, server] = rondo::socketpair();
    try {
      site(std::move(server));
    } catch (const rondo::usage_error& e) {
      return e.what();
    }
    return "";
  };
  test::run([&]() -> rondo::task<> {
    kept = std::make_unique<http::in_process>([] { return "hello"; });
    EXPECT_EQ(serve(*kept), "");
    http::in_process moved = std::move(*kept);
    EXPECT_EQ(serve(*kept), "http::in_process: it was moved away");
    *kept = std::move(moved);
    co_return;
  });
  test::run([&]() -> rondo::task<> {
    EXPECT_EQ(serve(*kept),
              "http::in_process: it belongs to another loop; make it in the run that uses it");
    co_return;
  });
}

TEST(http_in_process, anything_can_answer_in_place_of_the_network) {
  everywhere([]() -> rondo::task<> {
    std::vector<rondo::task_handle<>> served;
    auto broken = [](rondo::stream client) -> rondo::task<> {
      co_await client.read_until("\r\n\r\n");
      co_await client.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntoo little");
    };
    http::session_options options;
    options.served_by = [&](rondo::stream client) {
      served.push_back(rondo::create_task(broken(std::move(client))));
    };
    http::session client(options);
    std::string what;
    try {
      co_await client.get("http://h.example:81/");
    } catch (const http::http_error& e) {
      what = e.what();
    }
    EXPECT_NE(what.find("with 90 of 100 bytes missing"), what.npos) << what;
    EXPECT_EQ(served.size(), 1u);
  });
}

TEST(http_in_process, who_refuses_a_connection_by_an_exception_cuts_it) {
  test::diagnostics heard;
  test::run([&]() -> rondo::task<> {
    heard.listen();
    http::session_options options;
    options.served_by = [](rondo::stream) { throw std::runtime_error("not today"); };
    http::session client(options);
    auto got = co_await rondo::outcome_of(client.get("http://h/"));
    EXPECT_TRUE(got.has_error());
  });
  EXPECT_TRUE(heard.mentions("not today"));
}

TEST(http_in_process, destroyed_with_a_request_it_says_so_and_the_handler_ends) {
  test::diagnostics heard;
  test::run([&]() -> rondo::task<> {
    heard.listen();
    bool ended = false;
    rondo::event begun;
    auto handler = [&]() -> rondo::task<http::reply> {
      struct note {
        bool& b;
        ~note() { b = rondo::unwinding(); }
      } n{ended};
      begun.set();
      co_await rondo::sleep(1h);
      co_return "";
    };
    auto site = std::make_unique<http::in_process>(handler);
    auto [client, server] = rondo::socketpair();
    (*site)(std::move(server));
    co_await client.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    co_await begun.wait();
    site.reset();
    EXPECT_TRUE(co_await test::comes_true([&] { return ended; }));
    EXPECT_EQ(co_await client.read_all(1000), "");
  });
  EXPECT_TRUE(heard.mentions("in_process was destroyed while 1 request runs"));
}

}  // namespace
