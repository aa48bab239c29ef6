// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What a session keeps to itself, waits for, and remembers.
#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <rondo/http/client.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/http/url/url.hpp>
#include <rondo/io.hpp>

#include "http/client/no_proxy.hpp"
#include "support/run.hpp"
#include "support/tls.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

std::string at(const http::server& s, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(s.port()) + path;
}

/// What is secret of what a request says.
std::string secrets_of(const http::request& r) {
  std::string all;
  for (const char* name : {"Authorization", "Cookie", "X-Api-Key"})
    if (const std::string* value = r.headers.find(name))
      all += std::string(name) + "=" + *value + ";";
  return all;
}

TEST(http_client_base, secrets_are_for_its_origin_alone) {
  test::run([]() -> rondo::task<> {
    std::string good_saw, evil_saw;
    std::string evil_url;
    auto good_answer = [&](http::request& r) {
      good_saw = r.target + " " + secrets_of(r);
      http::reply answer("good");
      if (r.target == "/v1/away") {
        answer.status = 307;
        answer.headers.add("Location", evil_url);
      }
      return answer;
    };
    std::string good_url;
    auto evil_answer = [&](http::request& r) {
      evil_saw = r.target + " " + secrets_of(r) + std::string(r.headers.get("User-Agent"));
      http::reply answer("evil");
      if (r.target == "/back") {
        answer.status = 307;
        answer.headers.add("Location", good_url);
      }
      return answer;
    };
    auto good = co_await http::start_server(good_answer, "127.0.0.1", 0);
    auto evil = co_await http::start_server(evil_answer, "127.0.0.1", 0);
    evil_url = at(evil, "/x");
    good_url = at(good, "/v1/users");
    {
      http::session_options o;
      o.base_url = at(good, "/v1/");
      o.auth = http::auth::bearer("secret");
      o.headers.set("X-Api-Key", "key");
      o.headers.set("Cookie", "a=b");
      o.user_agent = "me/1";
      http::session s(o);
      const std::string all = " Authorization=Bearer secret;Cookie=a=b;X-Api-Key=key;";
      auto saw = [&](std::string url, http::request_options how = {}) -> rondo::task<std::string> {
        good_saw.clear();
        evil_saw.clear();
        try {
          auto r = co_await s.get(url, how);
        } catch (const http::http_error& e) {
          if (e.why() == http::failure::outside_base) co_return "outside";
          co_return e.what();
        }
        co_return good_saw + "|" + evil_saw;
      };
      EXPECT_EQ(co_await saw("users"), "/v1/users" + all + "|");
      EXPECT_EQ(co_await saw("/users"), "/users" + all + "|");
      EXPECT_EQ(co_await saw(at(good, "/w")), "/w" + all + "|");
      std::string elsewhere = evil_url.substr(5);  // "//127.0.0.1:…/x"
      EXPECT_EQ(co_await saw(elsewhere), "outside");
      EXPECT_EQ(co_await saw("//127.0.0.2/x"), "outside");
      EXPECT_EQ(co_await saw(evil_url), "|/x me/1");
      EXPECT_EQ(co_await saw("away"), "/v1/away" + all + "|/x me/1");
      EXPECT_EQ(co_await saw(at(evil, "/back")), "/v1/users |/back me/1")
          << "who is elsewhere decides nothing with them";
      http::request_options own;
      own.auth = http::auth::basic("a", "b");
      own.headers.set("Cookie", "c=d");
      own.headers.set("X-Api-Key", "own");
      EXPECT_EQ(co_await saw(evil_url, own),
                "|/x Authorization=Basic YTpi;Cookie=c=d;X-Api-Key=own;me/1")
          << "that was meant for it";
      EXPECT_EQ(
          co_await saw("away", own),
          "/v1/away Authorization=Basic YTpi;Cookie=c=d;X-Api-Key=own;|/x X-Api-Key=own;me/1");
      std::string what;
      try {
        co_await s.get("http://127.0.0.1:1/x");
      } catch (const http::http_error& e) {
        what = e.what();
      }
      EXPECT_EQ(what, "GET http://127.0.0.1:1/x: Connection refused");
    }
    co_await good.close();
    co_await evil.close();
  });
}

TEST(http_client_base, requests_may_have_to_stay_below_it) {
  test::run([]() -> rondo::task<> {
    std::string seen;
    auto answer = [&](http::request& r) {
      seen = r.target;
      return http::reply("x");
    };
    auto server = co_await http::start_server(answer, "127.0.0.1", 0);
    {
      http::session_options o;
      o.base_url = at(server, "/v1/");
      o.stay_below_base = true;
      http::session s(o);
      auto saw = [&](std::string url) -> rondo::task<std::string> {
        try {
          co_await s.get(url);
        } catch (const http::http_error& e) {
          if (e.why() == http::failure::outside_base) co_return "outside";
          co_return e.what();
        }
        co_return seen;
      };
      EXPECT_EQ(co_await saw("users"), "/v1/users");
      EXPECT_EQ(co_await saw("users/../x"), "/v1/x");
      EXPECT_EQ(co_await saw("?q=../.."), "/v1/?q=../..");
      EXPECT_EQ(co_await saw("a..b/..c/x.."), "/v1/a..b/..c/x..");
      EXPECT_EQ(co_await saw("/v1/y"), "/v1/y");
      EXPECT_EQ(co_await saw(at(server, "/v1/z")), "/v1/z");
      for (const std::string& away :
           {std::string("/users"), std::string("../admin"), std::string("%2e%2e/admin"),
            std::string(".%2E/admin"), std::string("a/..%2f..%2fadmin"), std::string("..%5cadmin"),
            std::string("a/..;x/y"), std::string("..;/admin"), std::string("//127.0.0.1/v1/x"),
            std::string("http://127.0.0.1:1/v1/x"), at(server, "/v1x"), at(server, "/")})
        EXPECT_EQ(co_await saw(away), "outside") << away;
      EXPECT_EQ(co_await saw("users/" + http::percent_encode("a/../../b?c#d")), "outside")
          << "a server may decode it";
      EXPECT_EQ(co_await saw("users/" + http::percent_encode("a/b?c#d")),
                "/v1/users/a%2Fb%3Fc%23d");
    }
    http::session_options o;
    o.base_url = "http://127.0.0.1:1/v1/";
    http::session s(o);
    std::string what;
    try {
      co_await s.get("items/99");
    } catch (const http::http_error& e) {
      what = e.what();
    }
    EXPECT_EQ(what, "GET http://127.0.0.1:1/v1/items/99: Connection refused");
    co_await server.close();
  });
}

TEST(http_client_base, is_compared_as_a_url_and_not_as_it_is_sent) {
  test::run([]() -> rondo::task<> {
    std::string seen;
    auto answer = [&](http::request& r) {
      seen = std::to_string(r.target.size()) + secrets_of(r);
      return http::reply("x");
    };
    http::server_options roomy;
    roomy.max_header_bytes = roomy.max_target_bytes = 1 << 20;
    auto server = co_await http::start_server(answer, "127.0.0.1", 0, roomy);
    {
      http::session_options o;
      o.base_url = at(server, "/v|1/");  // sent as %7C
      o.stay_below_base = true;
      o.auth = http::auth::bearer("secret");
      http::session s(o);
      co_await s.get("x");
      EXPECT_EQ(seen, "8Authorization=Bearer secret;");
      http::request_options how;  // parameters make it longer than http::url reads
      how.params.emplace_back("q", std::string(http::url::max_length, 'q'));
      co_await s.get("x", how);
      EXPECT_EQ(seen, "65547Authorization=Bearer secret;");
    }
    co_await server.close();
  });
}

// --- connections that others have ---

TEST(http_client_queue, a_limit_of_no_connections_is_refused) {
  test::run([]() -> rondo::task<> {
    http::session_options none;
    none.connections = 0;
    EXPECT_THROW(http::session s(none), rondo::usage_error);
    http::session_options none_of_a_host;
    none_of_a_host.connections_per_host = 0;
    EXPECT_THROW(http::session s(none_of_a_host), rondo::usage_error);
    co_return;
  });
}

TEST(http_client_queue, waiting_for_a_connection_has_a_limit_of_its_own) {
  test::run([]() -> rondo::task<> {
    rondo::event go, arrived;
    auto wait = [&](http::request&) -> rondo::task<http::reply> {
      arrived.set();
      co_await go.wait();
      co_return "x";
    };
    auto server = co_await http::start_server(wait, "127.0.0.1", 0);
    for (bool of_host : {false, true}) {
      go.clear();
      arrived.clear();
      http::session_options o;
      (of_host ? o.connections_per_host : o.connections) = 1;
      o.timeouts.queue = 100ms;
      http::session s(o);
      auto first = rondo::create_task(s.get(at(server, "/")));
      co_await arrived.wait();
      std::string what = "no error";
      try {
        co_await s.get(at(server, "/"));
      } catch (const http::http_error& e) {
        what = e.cause();
        EXPECT_EQ(e.why(), http::failure::timeout);
      }
      EXPECT_EQ(what, "timed out: waited 0.1s for a connection to 127.0.0.1:" +
                          std::to_string(server.port()) + " (1 of 1 in use)");
      go.set();
      auto r = co_await first;
      EXPECT_EQ(r.body, "x");
      r = co_await s.get(at(server, "/"));
      EXPECT_EQ(r.body, "x");
    }
    co_await server.close();
  });
}

TEST(http_client_queue, does_not_count_in_the_total_nor_for_connecting) {
  test::run(
      []() -> rondo::task<> {
        rondo::event go, arrived;
        auto wait = [&](http::request& r) -> rondo::task<http::reply> {
          arrived.set();
          if (r.target == "/first") co_await go.wait();
          co_return "x";
        };
        auto server = co_await http::start_server(wait, "127.0.0.1", 0);
        {
          http::session_options o;
          o.connections_per_host = 1;
          http::session s(o);
          auto first = rondo::create_task(s.get(at(server, "/first")));
          co_await arrived.wait();
          http::request_options soon;
          soon.timeouts.emplace();
          soon.timeouts->total = 2s;
          soon.timeouts->connect = 2s;
          auto second = rondo::create_task(s.get(at(server, "/second"), soon));
          auto waited = co_await rondo::move_on_after(rondo::wait(second), 2500ms);
          EXPECT_FALSE(second.done())
              << "it waits longer than its limits, which are for what comes then";
          go.set();
          auto r = co_await first;
          r = co_await second;
          EXPECT_EQ(r.body, "x");
          EXPECT_LT(r.elapsed, 2s);
        }
        co_await server.close();
      });
}

// --- the loop ---

TEST(http_client_loop, a_session_of_another_run_says_so) {
  auto hello = [](http::request&) { return http::reply("hello"); };
  std::optional<http::session> s;
  std::optional<http::transfer> open;
  test::run([&]() -> rondo::task<> {
    auto server = co_await http::start_server(hello, "127.0.0.1", 0);
    s.emplace();
    auto r = co_await s->get(at(server, "/"));
    EXPECT_EQ(r.body, "hello");
    open.emplace(co_await s->stream(at(server, "/")));
    co_await server.close(0s);
  });
  const std::string text =
      "http::session: it belongs to another loop, or to one that has ended; make it in the run "
      "that "
      "uses it";
  test::run([&]() -> rondo::task<> {
    for (int i = 0; i < 3; ++i) {
      std::string what = "no error";
      try {
        if (i == 0) co_await s->get("http://127.0.0.1:1/");
        if (i == 1) auto t = co_await s->stream("http://127.0.0.1:1/");
        if (i == 2) s->cookies();
      } catch (const rondo::usage_error& e) {
        what = e.what();
      }
      EXPECT_EQ(what, text) << i;
    }
    std::string what;
    try {
      for (;;) {
        std::string piece = co_await open->read();
        if (piece.empty()) break;
      }
    } catch (const http::http_error& e) {
      what = e.cause();
    }
    // All of it may have come in time.
    EXPECT_TRUE(what.empty() || what == "the session was closed") << what;
  });
  open.reset();
  s.reset();
}

// --- what is told ---

TEST(http_client_session, options_for_all_its_requests) {
  test::run([]() -> rondo::task<> {
    auto answer = [](http::request& r) {
      return http::reply(std::string(r.headers.get("User-Agent")));
    };
    auto server = co_await http::start_server(answer, "127.0.0.1", 0);
    {
      http::session_options o;
      o.user_agent = "robot/7 (+https://example.org/)";
      o.max_body = 31;
      http::session s(o);
      auto r = co_await s.get(at(server, "/"));
      EXPECT_EQ(r.body, o.user_agent);
      o.max_body = 30;
      http::session small(o);
      std::string what;
      try {
        co_await small.get(at(server, "/"));
      } catch (const http::http_error& e) {
        what = e.cause();
      }
      EXPECT_EQ(what, "the body is larger than 30 bytes");
      http::request_options more;
      more.max_body = 31;
      r = co_await small.get(at(server, "/"), more);
      EXPECT_EQ(r.status, 200);
      o.user_agent = "a\r\nX: y";
      EXPECT_THROW(http::session bad(o), rondo::usage_error);
    }
    co_await server.close();
  });
}

TEST(http_client_session, redirects_are_remembered) {
  test::run([]() -> rondo::task<> {
    auto answer = [](http::request& r) {
      http::reply a("end");
      if (r.target == "/a") a = http::reply(301, "to b");
      if (r.target == "/b?x=1") a = http::reply(308, std::string(100'000, 'x'));
      if (r.target == "/a") a.headers.add("Location", "b?x=1");
      if (r.target == "/b?x=1") a.headers.add("Location", "/c d");
      return a;
    };
    auto server = co_await http::start_server(answer, "127.0.0.1", 0);
    {
      http::session s;
      auto r = co_await s.get(at(server, "/a#part"));
      EXPECT_EQ(r.body, "end");
      EXPECT_EQ(r.url, at(server, "/c%20d#part"));
      auto check = [&](const std::vector<http::redirect_step>& steps) {
        EXPECT_EQ(steps.size(), 2u);
        if (steps.size() != 2) return;
        EXPECT_EQ(steps[0].status, 301);
        EXPECT_EQ(steps[0].url, at(server, "/a#part"));
        EXPECT_EQ(steps[0].headers.get("location"), "b?x=1");
        EXPECT_EQ(steps[1].status, 308);
        EXPECT_EQ(steps[1].url, at(server, "/b?x=1#part"));
      };
      check(r.history);
      EXPECT_GT(r.elapsed, 0ns);
      auto t = co_await s.stream(at(server, "/a#part"));
      check(t.history());
      EXPECT_EQ(co_await t.read_all(), "end");
      r = co_await s.get(at(server, "/c"));
      EXPECT_TRUE(r.history.empty());
    }
    co_await server.close();
  });
}

TEST(http_client_session, certificates_of_the_environment) {
  test::run([]() -> rondo::task<> {
    auto answer = [](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    };
    rondo::tls_context context = test::certificates::server();
    auto server = co_await rondo::start_tls_server(answer, "127.0.0.1", 0, context);
    std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    auto how = [&](http::session_options o) -> rondo::task<std::string> {
      http::session s(o);
      try {
        auto r = co_await s.get(url);
        co_return r.body;
      } catch (const http::http_error& e) {
        EXPECT_EQ(e.why(), http::failure::tls) << e.what();
      }
      co_return "refused";
    };
    http::session_options o;
    EXPECT_EQ(co_await how(o), "refused");
    ::setenv("SSL_CERT_FILE", test::certificates::pem("ca").c_str(), 1);
    EXPECT_EQ(co_await how(o), "ok");
    o.environment = false;
    EXPECT_EQ(co_await how(o), "refused");
    o = {};
    o.ca_file = test::certificates::pem("other_ca");
    EXPECT_EQ(co_await how(o), "refused") << "the environment counts less";
    ::unsetenv("SSL_CERT_FILE");
    co_await server.close(0s);
  });
}

TEST(http_client_proxy, hosts_that_are_reached_without_one) {
  using http::detail::no_proxy_list;
  struct {
    const char* list;
    const char* host;
    bool in;
  } const cases[] = {
      {"example.com", "example.com", true},
      {"example.com", "www.EXAMPLE.com", true},
      {"example.com", "notexample.com", false},
      {"example.com", "example.com.", true},
      {".example.com", "example.com", true},
      {".example.com", "a.b.example.com", true},
      {"*.example.com", "a.example.com", true},
      {"Example.COM.", "example.com", true},
      {"a.example.com", "example.com", false},
      {"x, example.com", "example.com", true},
      {"x example.com\ty", "example.com", true},
      {" , ,", "example.com", false},
      {"*", "example.com", true},
      {"x,*", "10.0.0.1", true},
      {"", "example.com", false},
      {".", "example.com", false},
      {"example.com:80", "example.com", true},
      {"example.com:8080", "example.com", false},
      {"127.0.0.1", "127.0.0.1", true},
      {"0.0.1", "127.0.0.1", false},
      {".0.0.1", "127.0.0.1", false},
      {"127.0.0.1:80", "127.0.0.1", true},
      {"127.0.0.1:81", "127.0.0.1", false},
      {"10.0.0.0/8", "10.255.0.1", true},
      {"10.0.0.0/8", "11.0.0.1", false},
      {"10.1.2.3/31", "10.1.2.2", true},
      {"10.1.2.3/31", "10.1.2.4", false},
      {"0.0.0.0/0", "9.9.9.9", true},
      {"0.0.0.0/0", "::1", false},
      {"10.0.0.0/33", "10.0.0.0", false},
      {"10.0.0.0/x", "10.0.0.0", false},
      {"10.0.0.0/", "10.0.0.0", false},
      {"::1", "::1", true},
      {"::1", "[::1]", true},
      {"[::1]", "::1", true},
      {"0:0:0:0:0:0:0:1", "::1", true},
      {"::1/128", "::1", true},
      {"::/8", "::1", true},
      {"fd00::/8", "fdab::1", true},
      {"fd00::/8", "fe80::1", false},
      {"[fd00::]/8", "fdab::1", true},
      {"[::1]:80", "::1", true},
      {"[::1]:81", "::1", false},
      {"::/0", "127.0.0.1", false},
      {"fe80::1", "fe80::1%eth0", true},
      {"::ffff:10.0.0.1", "10.0.0.1", true},
      {"localhost", "127.0.0.1", false},
      {"1", "127.0.0.1", false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(no_proxy_list(c.list).contains(c.host, "80"), c.in) << c.list << " " << c.host;
}

TEST(http_headers, hold_what_can_stand_on_one_line) {
  http::headers h;
  for (const char* bad : {"a\rb", "a\nb", "\x01", "\x7f", "a\x0b"}) {
    EXPECT_THROW(h.add("X", bad), rondo::usage_error) << bad;
    EXPECT_THROW(h.set("X", bad), rondo::usage_error) << bad;
  }
  h.add("X", "a\tb \xc3\xa4");
  EXPECT_EQ(h.size(), 1u);
}

}  // namespace
