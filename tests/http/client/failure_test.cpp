// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Servers that fail in all ways, time that runs out, requests that are made again.
#include <cstdlib>

#include <gtest/gtest.h>

#include <rondo/http/client.hpp>
#include <rondo/io.hpp>

#include "support/run.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

/// A server that sends these bytes, whatever is asked for, and closes unless told
/// otherwise.
struct canned {
  explicit canned(std::string b, bool stays = false) : bytes(std::move(b)), stays_open(stays) {}
  rondo::task<> operator()(rondo::stream s) {
    ++connections;
    co_await s.read_until("\r\n\r\n");
    co_await s.write(bytes);
    if (stays_open) co_await rondo::sleep(3600s);
  }
  std::string bytes;
  bool stays_open;
  int connections = 0;
};

rondo::task<std::string> outcome_of(http::session& session, std::string url,
                                    http::request_options o = {}) {
  try {
    auto r = co_await session.get(url, o);
    co_return std::to_string(r.status) + " " + r.body;
  } catch (const http::http_error& e) {
    static const char* const names[] = {
        "bad_url",     "unknown_host", "connect", "tls",       "timeout",        "cut",
        "malformed",   "too_large",    "status",  "redirects", "not_replayable", "other",
        "outside_base"};
    co_return names[static_cast<int>(e.why())];
  }
}

/// The same, of a server that sends those bytes.
std::string outcome_of(std::string bytes, http::request_options o = {}, bool stays_open = false) {
  return test::run([&]() -> rondo::task<std::string> {
    canned handler(std::move(bytes), stays_open);
    auto answer = [&](rondo::stream s) -> rondo::task<> { co_await handler(std::move(s)); };
    auto server = co_await rondo::start_server(answer, "127.0.0.1", 0);
    std::string result;
    {
      http::session session;
      result = co_await outcome_of(session,
                                   "http://127.0.0.1:" + std::to_string(server.port()) + "/", o);
    }
    co_await server.close(0s);
    co_return result;
  });
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

TEST(http_client_failure, odd_responses) {
  EXPECT_EQ(outcome_of(ok + "\r\nto the end"), "200 to the end");
  EXPECT_EQ(outcome_of(ok + "Content-Length: 10\r\n\r\nshort"), "cut");
  EXPECT_EQ(outcome_of(ok + "Content-Le"), "cut");
  EXPECT_EQ(outcome_of(""), "cut");
  EXPECT_EQ(outcome_of("SSH-2.0-OpenSSH\r\n"), "malformed");
  EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), "200 abc");
  EXPECT_EQ(
      outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nHTTP/1.1: x\r\n\r\n"),
      "200 abc");
  EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), "cut");
  EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"), "malformed");
  EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nabc\r\n"),
            "malformed");
  EXPECT_EQ(outcome_of("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" +
                       ok + "Content-Length: 2\r\n\r\nhi"),
            "200 hi");
  EXPECT_EQ(outcome_of(ok + "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"),
            "malformed");
  EXPECT_EQ(outcome_of("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
  EXPECT_EQ(outcome_of("HTTP/1.1 304 Not Modified\r\nLocation: /x\r\n\r\n"), "304 ");
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
}

TEST(http_client_failure, what_a_server_sends_has_limits) {
  http::request_options small;
  small.max_body = 1000;
  EXPECT_EQ(outcome_of(ok + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x'), small),
            "too_large");
  EXPECT_EQ(outcome_of(ok + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x'), small),
            "200 " + std::string(1000, 'x'));
  std::string many = ok;
  for (int i = 0; i < 30'000; ++i)
    many += "X-Number-" + std::to_string(i) + ": " + std::string(50, 'v') + "\r\n";
  EXPECT_EQ(outcome_of(many, {}, true), "too_large") << "a header of 2 MB";
  std::string hints;
  for (int i = 0; i < 60'000; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(outcome_of(hints, {}, true), "too_large") << "endless 1xx";
  // One line that never ends: libcurl's own limit.
  EXPECT_EQ(outcome_of(ok + "X: " + std::string(3'000'000, 'v'), {}, true), "too_large");
}

TEST(http_client_failure, time_runs_out) {
  auto text_of = [](std::string bytes, http::timeouts limits) {
    return test::run([&]() -> rondo::task<std::string> {
      canned handler(std::move(bytes), true);
      auto answer = [&](rondo::stream s) -> rondo::task<> { co_await handler(std::move(s)); };
      auto server = co_await rondo::start_server(answer, "127.0.0.1", 0);
      std::string what = "no error";
      {
        http::session session;
        http::request_options o;
        o.timeouts = limits;
        try {
          auto r =
              co_await session.get("http://127.0.0.1:" + std::to_string(server.port()) + "/", o);
        } catch (const http::http_error& e) {
          what = e.cause();
          EXPECT_EQ(e.why(), http::failure::timeout);
        }
      }
      co_await server.close(0s);
      co_return what;
    });
  };
  http::timeouts t;
  t.first_byte = 100ms;
  EXPECT_EQ(text_of("", t), "timed out: no response within 0.1s");
  t = {};
  t.idle = 150ms;
  EXPECT_EQ(text_of("", t), "timed out: nothing came or went for 0.15s");
  EXPECT_EQ(text_of(ok + "Content-Length: 100\r\n\r\nhalf", t),
            "timed out: nothing came or went for 0.15s");
  t.first_byte = 50ms;
  EXPECT_EQ(text_of(ok + "Content-Length: 100\r\n\r\nhalf", t),
            "timed out: nothing came or went for 0.15s");
  t = {};
  t.total = 120ms;
  EXPECT_EQ(text_of(ok + "Content-Length: 100\r\n\r\nhalf", t),
            "timed out: not complete within 0.12s");
  t = {};
  t.idle = 200ms;
  t.slowest = 1000;
  EXPECT_EQ(text_of(ok + "Content-Length: 100\r\n\r\nhalf", t),
            "timed out: slower than 1000 bytes/s for 0.2s");
}

TEST(http_client_failure, slow_but_steady_is_no_timeout) {
  test::run([]() -> rondo::task<> {
    auto drip = [](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
      for (int i = 0; i < 20; ++i) {
        co_await rondo::sleep(40ms);
        co_await s.write("x");
      }
    };
    auto server = co_await rondo::start_server(drip, "127.0.0.1", 0);
    {
      http::session session;
      http::request_options o;
      o.timeouts.emplace();
      o.timeouts->idle = 400ms;
      auto r = co_await session.get("http://127.0.0.1:" + std::to_string(server.port()) + "/", o);
      EXPECT_EQ(r.body, std::string(20, 'x'));
    }
    co_await server.close();
  });
}

TEST(http_client_failure, a_connect_that_hangs) {
  test::run([]() -> rondo::task<> {
    http::session session;
    http::request_options o;
    o.timeouts.emplace();
    o.timeouts->connect = 200ms;
    auto begin = rondo::now();
    // TEST-NET-1 (RFC 5737): nobody answers, or the network says that it is not to be reached.
    std::string how = co_await outcome_of(session, "http://192.0.2.1/", o);
    EXPECT_TRUE(how == "timeout" || how == "connect") << how;
    EXPECT_LT(rondo::now() - begin, 5s);
  });
}

TEST(http_client_failure, one_that_gets_no_answer_holds_up_no_others) {
  test::run([]() -> rondo::task<> {
    int connections = 0;
    auto first_hangs = [&](rondo::stream s) -> rondo::task<> {
      bool hangs = ++connections == 1;
      co_await s.read_until("\r\n\r\n");
      if (hangs) co_await rondo::sleep(3600s);
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    };
    auto server = co_await rondo::start_server(first_hangs, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session;
      auto hanging = rondo::create_task(session.get(url));
      auto r = co_await rondo::move_on_after(session.get(url), 10s);
      EXPECT_TRUE(r && r->body == "ok");
      EXPECT_FALSE(hanging.done());
      hanging.cancel();
    }
    co_await server.close(0s);
  });
}

// --- proxies ---

TEST(http_client_proxy, from_the_session_or_the_environment) {
  test::run([]() -> rondo::task<> {
    std::string seen;
    auto proxy = [&](rondo::stream s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      seen = head.substr(0, head.find("\r\n"));
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nproxy");
    };
    auto direct = [&](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ndirect");
    };
    auto through = co_await rondo::start_server(proxy, "127.0.0.1", 0);
    auto server = co_await rondo::start_server(direct, "127.0.0.1", 0);
    std::string proxy_url = "http://127.0.0.1:" + std::to_string(through.port());
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    auto ask = [](http::session_options options, std::string what) -> rondo::task<std::string> {
      http::session session(options);
      auto r = co_await session.get(what);
      co_return r.body;
    };
    http::session_options options;
    options.proxy = proxy_url;
    EXPECT_EQ(co_await ask(options, "http://nosuch.invalid/x"), "proxy");
    EXPECT_EQ(seen, "GET http://nosuch.invalid/x HTTP/1.1");
    options.no_proxy = "127.0.0.1";
    EXPECT_EQ(co_await ask(options, url), "direct");

    ::setenv("http_proxy", proxy_url.c_str(), 1);
    http::session_options plain;
    EXPECT_EQ(co_await ask(plain, url), "proxy");
    plain.environment = false;
    EXPECT_EQ(co_await ask(plain, url), "direct");
    ::setenv("no_proxy", "127.0.0.1", 1);
    EXPECT_EQ(co_await ask({}, url), "direct");
    options.no_proxy.clear();
    EXPECT_EQ(co_await ask(options, url), "proxy") << "the environment counts less";
    ::unsetenv("http_proxy");
    ::unsetenv("no_proxy");
    co_await through.close(0s);
    co_await server.close(0s);
  });
}

TEST(http_client_proxy, what_a_proxy_answers_to_connect_is_no_response) {
  test::run([]() -> rondo::task<> {
    int tunnels = 0;
    auto proxy = [&](rondo::stream s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      if (head.starts_with("CONNECT ")) {
        ++tunnels;
        co_await s.write("HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n");
        co_return;
      }
      co_await s.write(
          "HTTP/1.1 302 Found\r\nLocation: https://nosuch.invalid/\r\nContent-Length: 0\r\n"
          "Connection: close\r\n\r\n");
    };
    auto through = co_await rondo::start_server(proxy, "127.0.0.1", 0);
    {
      http::session_options options;
      options.proxy = "http://127.0.0.1:" + std::to_string(through.port());
      http::session session(options);
      bool failed = false;
      try {
        auto t = co_await session.stream("http://nosuch.invalid/");
        ADD_FAILURE() << "status " << t.status() << ", X-Proxy: " << t.headers().get("X-Proxy");
      } catch (const http::http_error&) {  // there is no TLS behind this proxy
        failed = true;
      }
      EXPECT_TRUE(failed);
      EXPECT_EQ(tunnels, 1);
    }
    co_await through.close(0s);
  });
}

// --- retries ---

/// Fails some times, then answers.
struct flaky {
  flaky(int n, std::string with) : failures(n), failure(std::move(with)) {}
  rondo::task<> operator()(rondo::stream s) {
    std::string head = co_await s.read_until("\r\n\r\n");
    methods += head.substr(0, head.find(' ')) + ";";
    if (failures-- > 0) {
      co_await s.write(failure);
    } else {
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
  }
  int failures;
  std::string failure;
  std::string methods;
};

http::session_options persistent(int retries) {
  http::session_options o;
  o.retry.retries = retries;
  o.retry.first_wait = 1ms;
  return o;
}

rondo::task<std::string> against(flaky& handler, http::session_options options,
                                 std::string method = "GET", bool streamed = false) {
  auto answer = [&](rondo::stream s) -> rondo::task<> { co_await handler(std::move(s)); };
  auto server = co_await rondo::start_server(answer, "127.0.0.1", 0);
  std::string result;
  {
    http::session session(options);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    try {
      if (streamed) {
        auto t = co_await session.stream(method, url);
        result = std::to_string(t.status()) + " " + co_await t.read_all();
      } else {
        auto r = co_await session.request(method, url);
        result = std::to_string(r.status) + " " + r.body;
      }
    } catch (const http::http_error& e) {
      result = e.cause();
    }
  }
  co_await server.close(0s);
  co_return result;
}

const std::string unavailable =
    "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy";

TEST(http_client_retry, until_it_works_or_the_retries_are_used_up) {
  test::run([]() -> rondo::task<> {
    for (bool streamed : {false, true}) {
      flaky twice(2, unavailable);
      EXPECT_EQ(co_await against(twice, persistent(2), "GET", streamed), "200 ok");
      EXPECT_EQ(twice.methods, "GET;GET;GET;");
      flaky thrice(3, unavailable);
      EXPECT_EQ(co_await against(thrice, persistent(2), "GET", streamed), "503 busy");
      flaky cut(2, "HTTP/1.1 200 OK\r\nContent-Le");
      EXPECT_EQ(co_await against(cut, persistent(2), "PUT", streamed), "200 ok");
      EXPECT_EQ(cut.methods, "PUT;PUT;PUT;");
      flaky not_found(1, "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(co_await against(not_found, persistent(2), "GET", streamed), "404 ");
    }
  });
}

TEST(http_client_retry, what_is_not_idempotent_is_sent_once) {
  test::run([]() -> rondo::task<> {
    flaky once(1, unavailable);
    EXPECT_EQ(co_await against(once, persistent(2), "POST"), "503 busy");
    EXPECT_EQ(once.methods, "POST;");
    flaky allowed(1, unavailable);
    auto options = persistent(2);
    options.retry.any_method = true;
    EXPECT_EQ(co_await against(allowed, options, "POST"), "200 ok");
    EXPECT_EQ(allowed.methods, "POST;POST;");
  });
}

TEST(http_client_retry, waits_as_long_as_the_server_says_up_to_a_limit) {
  test::run([]() -> rondo::task<> {
    std::string later =
        "HTTP/1.1 429 Slow down\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n";
    flaky once(1, later);
    auto begin = rondo::now();
    EXPECT_EQ(co_await against(once, persistent(1)), "200 ok");
    EXPECT_GE(rondo::now() - begin, 1s);
    flaky too_long(1, later);
    auto options = persistent(1);
    options.retry.longest_retry_after = 500ms;
    EXPECT_EQ(co_await against(too_long, options), "429 ");
  });
}

TEST(http_client_retry, a_trailer_is_not_asked) {
  test::run([]() -> rondo::task<> {
    flaky once(1,
               "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
               "4\r\nbusy\r\n0\r\nRetry-After: 3600\r\n\r\n");
    EXPECT_EQ(co_await against(once, persistent(1)), "200 ok");
  });
}

TEST(http_client_retry, a_session_may_die_while_a_request_waits_for_the_next_attempt) {
  test::run([]() -> rondo::task<> {
    rondo::event answered;
    auto busy = [&](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write(unavailable);
      answered.set();
    };
    auto server = co_await rondo::start_server(busy, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/x";
    auto stream = [](http::session& session, std::string from) -> rondo::task<> {
      auto t = co_await session.stream(from);
    };
    auto get = [](http::session& session, std::string from) -> rondo::task<> {
      co_await session.get(from);
    };
    for (std::chrono::milliseconds wait : {100ms, 3600'000ms}) {
      for (bool streamed : {false, true}) {
        answered.clear();
        rondo::task_handle<> left;
        {
          auto options = persistent(1);
          options.retry.first_wait = options.retry.longest_wait = wait;
          http::session session(options);
          left = rondo::create_task(streamed ? stream(session, url) : get(session, url));
          co_await answered.wait();
          co_await rondo::sleep(
              20ms);  // until it has read that; if it has not, it fails all the same
        }
        std::string what = "no error";
        try {
          co_await left;
        } catch (const http::http_error& e) {
          what = e.what();
        }
        EXPECT_EQ(what, "GET " + url + ": the session was closed");
      }
    }
    co_await server.close(0s);
  });
}

TEST(http_client_retry, sends_pieces_again_if_they_can_be_made_again) {
  test::run([]() -> rondo::task<> {
    int connections = 0;
    std::vector<std::string> bodies;
    auto fails_once = [&](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      bodies.push_back(co_await s.read_until("0\r\n\r\n"));
      bool fails = ++connections == 1;
      std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
      if (fails) answer = unavailable;
      co_await s.write(answer);
    };
    auto server = co_await rondo::start_server(fails_once, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session(persistent(1));
      test::journal j;
      auto make = [&j]() -> http::body::pieces {
        test::witness w(j, "pieces");
        co_yield std::string("one");
        co_yield std::string("two");
      };
      auto r = co_await session.put(url, make);
      EXPECT_EQ(r.body, "ok");
      EXPECT_EQ(j.lines, (std::vector<std::string>{"~pieces", "~pieces"}));
      EXPECT_EQ(bodies.size(), 2u);
      r = co_await session.put(url, make());
      EXPECT_EQ(r.status, 200);
      connections = 0;
      r = co_await session.put(url, make());
      EXPECT_EQ(r.status, 503) << "pieces that can be had once were sent again";
    }
    co_await server.close(0s);
  });
}

// --- bodies in pieces ---

TEST(http_client_upload, a_source_that_fails_fails_the_request) {
  test::run([]() -> rondo::task<> {
    auto sink = [](rondo::stream s) -> rondo::task<> { co_await s.read_all(1 << 30); };
    auto server = co_await rondo::start_server(sink, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session;
      auto broken = []() -> http::body::pieces {
        co_yield std::string("some");
        throw std::runtime_error("the source broke");
      };
      std::string what;
      try {
        auto r = co_await session.post(url, broken());
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      EXPECT_EQ(what, "the source broke");
      auto pieces = []() -> http::body::pieces { co_yield std::string("12345"); };
      for (std::uint64_t length : {4, 6}) {
        what.clear();
        try {
          auto r = co_await session.post(url, http::body(pieces()).sized(length));
        } catch (const http::http_error& e) {
          what = e.cause();
        }
        EXPECT_EQ(what, length == 4 ? "the body has at least 5 bytes instead of 4"
                                    : "the body has 5 bytes instead of 6");
      }
    }
    co_await server.close(0s);
  });
}

TEST(http_client_upload, an_early_answer_ends_it) {
  test::run([]() -> rondo::task<> {
    auto refuse = [](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write(
          "HTTP/1.1 413 Too large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
      s.shutdown_write();
      try {
        co_await s.read_all(1 << 30);
      } catch (const std::system_error&) {
      }
    };
    auto server = co_await rondo::start_server(refuse, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session;
      auto endless = []() -> http::body::pieces {
        for (;;) {
          co_await rondo::sleep(0s);
          co_yield std::string(10'000, 'x');
        }
      };
      auto r = co_await session.post(url, endless());
      EXPECT_EQ(r.status, 413);
      EXPECT_EQ(r.body, "big");
      auto t = co_await session.stream("POST", url, endless());
      EXPECT_EQ(t.status(), 413);
    }
    co_await server.close(0s);
  });
}

TEST(http_client_upload, cancelling_ends_the_source) {
  test::run([]() -> rondo::task<> {
    auto sink = [](rondo::stream s) -> rondo::task<> { co_await s.read_all(1 << 30); };
    auto server = co_await rondo::start_server(sink, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session;
      test::journal j;
      rondo::event begun;
      auto waits = [&]() -> http::body::pieces {
        test::witness w(j, "source");
        co_yield std::string("x");
        begun.set();
        co_await rondo::sleep(3600s);
      };
      auto post = rondo::create_task(session.post(url, waits()));
      co_await begun.wait();
      post.cancel();
      bool cancelled = false;
      try {
        auto r = co_await post;
      } catch (const rondo::cancelled_error&) {
        cancelled = true;
      }
      EXPECT_TRUE(cancelled);
      EXPECT_EQ(j.lines, std::vector<std::string>{"~source"});
    }
    co_await server.close(0s);
  });
}

TEST(http_client_stream, lines) {
  test::run([]() -> rondo::task<> {
    auto send = [](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none\r\ntw");
      co_await rondo::sleep(5ms);
      co_await s.write("o\n\nlast");
    };
    auto server = co_await rondo::start_server(send, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session;
      auto t = co_await session.stream(url);
      std::vector<std::string> got;
      auto lines = t.lines();
      for (;;) {
        auto line = co_await lines.next();
        if (!line) break;
        got.push_back(*line);
      }
      EXPECT_EQ(got, (std::vector<std::string>{"one", "two", "", "last"}));
      auto again = co_await session.stream(url);
      auto short_lines = again.lines(3);
      bool refused = false;
      try {
        for (;;) {
          auto line = co_await short_lines.next();
          if (!line) break;
        }
      } catch (const http::http_error& e) {
        refused = e.why() == http::failure::too_large;
      }
      EXPECT_TRUE(refused);
    }
    co_await server.close(0s);
  });
}

TEST(http_client_stream, fields_stay_as_they_are_while_the_body_is_read) {
  test::run([]() -> rondo::task<> {
    rondo::event go;
    auto send = [&](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: early\r\n\r\n"
          "4\r\nbody\r\n");
      co_await go.wait();
      std::string trailers = "0\r\n";
      for (int i = 0; i < 100; ++i) trailers += "X-" + std::to_string(i) + ": late\r\n";
      co_await s.write(trailers + "\r\n");
    };
    auto server = co_await rondo::start_server(send, "127.0.0.1", 0);
    std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    {
      http::session session;
      auto t = co_await session.stream(url);
      const std::string* held = t.headers().find("X-A");
      EXPECT_EQ(co_await t.read(), "body");
      go.set();
      EXPECT_EQ(co_await t.read(), "");
      EXPECT_FALSE(t.headers().contains("X-0")) << "a trailer among the fields";
      EXPECT_EQ(held, t.headers().find("X-A")) << "what was held dangles";
    }
    co_await server.close(0s);
  });
}

}  // namespace
