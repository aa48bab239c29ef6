// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What requests say, and what they must not be able to say.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <rondo/http/client.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/io.hpp>

#include "support/run.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

/// Tells what has come: method, target, some fields, body.
rondo::task<http::reply> mirror(http::request& r) {
  nlohmann::json seen;
  std::string text = co_await r.body();
  seen["method"] = r.method;
  seen["target"] = r.target;
  seen["body"] = text;
  for (const auto& [name, value] : r.headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    seen["fields"][lower] = value;
  }
  http::reply answer(seen.dump());
  answer.content_type = "application/json";
  co_return answer;
}

std::string at(std::uint16_t port, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

template <class E, class T>
rondo::task<bool> throws(rondo::task<T> t) {
  try {
    static_cast<void>(co_await std::move(t));
  } catch (const E&) {
    co_return true;
  }
  co_return false;
}

TEST(http_client_request, methods_bodies_and_fields) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(mirror, "127.0.0.1", 0);
    std::string url = at(server.port(), "/x");
    {
      http::session session;
      nlohmann::json data = {{"name", "Ann"}, {"age", 3}};
      auto r = co_await session.post(url, data);
      r.raise_for_status();
      auto seen = r.json();
      EXPECT_EQ(seen["method"], "POST");
      EXPECT_EQ(nlohmann::json::parse(seen["body"].get<std::string>()), data);
      EXPECT_EQ(seen["fields"]["content-type"], "application/json");
      EXPECT_EQ(seen["fields"].count("expect"), 0u);
      EXPECT_EQ(seen["fields"]["user-agent"].get<std::string>().substr(0, 6), "rondo/");

      http::form_fields form = {{"a b", "1&2"}, {"c", "\xc3\xa4"}};
      r = co_await session.put(url, form);
      seen = r.json();
      EXPECT_EQ(seen["method"], "PUT");
      EXPECT_EQ(seen["body"], "a+b=1%262&c=%C3%A4");
      EXPECT_EQ(seen["fields"]["content-type"], "application/x-www-form-urlencoded");

      r = co_await session.patch(url, "text");
      seen = r.json();
      EXPECT_EQ(seen["method"], "PATCH");
      EXPECT_EQ(seen["body"], "text");
      EXPECT_EQ(seen["fields"].count("content-type"), 0u);

      r = co_await session.delete_(url);
      EXPECT_EQ(r.json()["method"], "DELETE");
      r = co_await session.post(url);
      seen = r.json();
      EXPECT_EQ(seen["method"], "POST");
      EXPECT_EQ(seen["fields"]["content-length"], "0");
      r = co_await session.request("REPORT", url, "why");
      seen = r.json();
      EXPECT_EQ(seen["method"], "REPORT");
      EXPECT_EQ(seen["body"], "why");
      r = co_await session.request("GET", url, "a GET with a body");
      seen = r.json();
      EXPECT_EQ(seen["method"], "GET");
      EXPECT_EQ(seen["body"], "a GET with a body");
      r = co_await session.head(url);
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.body, "");

      http::request_options o;
      o.params = {{"q", "a b&c=d"}, {"page", "2"}};
      o.headers.add("X-One", "1");
      o.headers.add("X-Empty", "");
      o.headers.set("User-Agent", "mine");
      o.cookies = {{"id", "7"}, {"lang", "de"}};
      r = co_await session.get(url + "?z=0#top", o);
      seen = r.json();
      EXPECT_EQ(seen["target"], "/x?z=0&q=a%20b%26c%3Dd&page=2");
      EXPECT_EQ(seen["fields"]["x-one"], "1");
      EXPECT_EQ(seen["fields"]["x-empty"], "");
      EXPECT_EQ(seen["fields"]["user-agent"], "mine");
      EXPECT_EQ(seen["fields"]["cookie"], "id=7; lang=de");
      // Nothing of it is left for the next request.
      r = co_await session.get(url);
      seen = r.json();
      EXPECT_EQ(seen["fields"].count("x-one") + seen["fields"].count("cookie"), 0u);
      EXPECT_EQ(seen["method"], "GET");
      r = co_await session.get(url + "/\xc3\xa4");
      EXPECT_EQ(r.json()["target"], "/x/%C3%A4");
    }
    co_await server.close();
  });
}

TEST(http_client_request, a_session_has_a_base_fields_and_auth) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(mirror, "127.0.0.1", 0);
    {
      http::session_options options;
      options.base_url = at(server.port(), "/api/v1/");
      options.headers.add("X-Key", "k");
      options.auth = http::auth::bearer("token");
      http::session session(options);
      auto r = co_await session.get("users/7");
      auto seen = r.json();
      EXPECT_EQ(seen["target"], "/api/v1/users/7");
      EXPECT_EQ(seen["fields"]["x-key"], "k");
      EXPECT_EQ(seen["fields"]["authorization"], "Bearer token");
      http::request_options own;
      own.auth = http::auth::basic("a", "b");
      own.headers.set("x-key", "other");
      r = co_await session.get("/top", own);
      seen = r.json();
      EXPECT_EQ(seen["target"], "/top");
      EXPECT_EQ(seen["fields"]["authorization"], "Basic YTpi");
      EXPECT_EQ(seen["fields"]["x-key"], "other");
    }
    co_await server.close();
  });
}

TEST(http_client_request, forms_with_files) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(mirror, "127.0.0.1", 0);
    auto folder = co_await rondo::make_temporary_directory();
    std::string path = folder.path() + "/f";
    std::ofstream(path) << "from a file";
    {
      http::session session;
      http::multipart_form form;
      form.add("field", "value");
      form.add("evil\"\r\nX: y", "v");
      form.add_file("memory", "m.txt", "in memory", "text/plain");
      rondo::file opened = co_await rondo::open_file(path);
      form.add_file("disk", "d.bin", std::move(opened));
      std::string boundary = form.boundary();
      std::uint64_t size = form.size();
      auto r = co_await session.post(at(server.port(), "/"), std::move(form));
      auto seen = r.json();
      EXPECT_EQ(seen["fields"]["content-type"], "multipart/form-data; boundary=" + boundary);
      EXPECT_EQ(seen["fields"]["content-length"], std::to_string(size));
      std::string b = "--" + boundary + "\r\nContent-Disposition: form-data; name=";
      EXPECT_EQ(
          seen["body"],
          b + "\"field\"\r\n\r\nvalue\r\n" + b + "\"evil%22%0D%0AX: y\"\r\n\r\nv\r\n" + b +
              "\"memory\"; filename=\"m.txt\"\r\nContent-Type: text/plain\r\n\r\nin memory\r\n" +
              b +
              "\"disk\"; filename=\"d.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n"
              "from a file\r\n--" +
              boundary + "--\r\n");
    }
    http::multipart_form form;
    EXPECT_THROW(form.add_file("a", "b", std::string("c"), "x\r\ny: z"), rondo::usage_error);
    co_await server.close();
  });
}

TEST(http_client_request, data_of_users_adds_no_lines) {
  test::run([]() -> rondo::task<> {
    int requests = 0;
    auto count = [&](http::request&) {
      ++requests;
      return http::reply("x");
    };
    auto server = co_await http::start_server(count, "127.0.0.1", 0);
    std::string url = at(server.port(), "/");
    {
      http::session session;
      for (const char* bad : {"a b", "a\r\nX: y", "a\tb", "a\x7f", "a\nb"}) {
        bool refused = co_await throws<http::http_error>(session.get(url + bad));
        EXPECT_TRUE(refused) << bad;
      }
      bool refused = co_await throws<http::http_error>(session.get(url + std::string("a\0b", 3)));
      EXPECT_TRUE(refused);
      for (const char* bad : {"", "GET /x HTTP/1.1\r\nX:", "A B", "G\tT", "CONNECT"}) {
        refused = co_await throws<rondo::usage_error>(session.request(bad, url));
        EXPECT_TRUE(refused) << bad;
      }
      http::request_options o;
      o.cookies = {{"a", "b\r\nX: y"}};
      refused = co_await throws<rondo::usage_error>(session.get(url, o));
      EXPECT_TRUE(refused) << "cookie";
      o.cookies = {{"a", "b; admin=1"}};
      refused = co_await throws<rondo::usage_error>(session.get(url, o));
      EXPECT_TRUE(refused) << "second cookie";
      o.cookies = {{"a=1; b", "c"}};
      refused = co_await throws<rondo::usage_error>(session.get(url, o));
      EXPECT_TRUE(refused) << "cookie's name";
      o = {};
      o.auth = http::auth::bearer("t\r\nX: y");
      refused = co_await throws<rondo::usage_error>(session.get(url, o));
      EXPECT_TRUE(refused) << "token";
      for (const char* own : {"Content-Length", "transfer-encoding"}) {
        o = {};
        o.headers.add(own, "5");
        refused = co_await throws<rondo::usage_error>(session.post(url, "text", o));
        EXPECT_TRUE(refused) << own;
      }
      refused =
          co_await throws<rondo::usage_error>(session.post(url, http::body("x", "a/b\r\nX: y")));
      EXPECT_TRUE(refused) << "content type";
      http::cookie c;
      c.name = "a";
      c.domain = "127.0.0.1\tTRUE";
      EXPECT_THROW(session.set_cookie(c), rondo::usage_error);
      // Values of parameters cannot end the URL.
      o = {};
      o.params = {{"a\r\n", "b #&="}};
      auto r = co_await session.get(url, o);
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.url, url + "?a%0D%0A=b%20%23%26%3D");
      EXPECT_EQ(requests, 1);
      for (const char* bad :
           {"/no/scheme", "localhost/x", "file:///etc/passwd", "gopher://x/", "http:/x", "://x"}) {
        refused = co_await throws<http::http_error>(session.get(bad));
        EXPECT_TRUE(refused) << bad;
      }
    }
    co_await server.close();
  });
}

TEST(http_client_request, json_that_is_none) {
  test::run([]() -> rondo::task<> {
    auto answer = [](http::request&) { return http::reply("no json"); };
    auto server = co_await http::start_server(answer, "127.0.0.1", 0);
    auto r = co_await http::get(at(server.port(), "/"));
    try {
      r.json();
      ADD_FAILURE();
    } catch (const http::http_error& e) {
      EXPECT_EQ(e.why(), http::failure::malformed);
    }
    co_await server.close();
  });
}

TEST(http_client_request, errors_do_not_show_passwords) {
  test::run([]() -> rondo::task<> {
    try {
      auto r = co_await http::get("http://ann:geheim@127.0.0.1:1/x");
    } catch (const http::http_error& e) {
      EXPECT_EQ(std::string(e.what()), "GET http://ann:***@127.0.0.1:1/x: Connection refused");
      EXPECT_EQ(e.cause(), "Connection refused");
      EXPECT_EQ(e.why(), http::failure::connect);
    }
  });
}

// --- cookies ---

TEST(http_client_cookies, a_session_keeps_them) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) {
      http::reply answer(std::string(r.headers.get("cookie")));
      if (r.target == "/set") answer.headers.add("Set-Cookie", "id=42; Path=/; HttpOnly");
      return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    {
      http::session session;
      co_await session.get(at(server.port(), "/set"));
      auto r = co_await session.get(at(server.port(), "/"));
      EXPECT_EQ(r.body, "id=42");
      auto all = session.cookies();
      EXPECT_EQ(all.size(), 1u);
      if (!all.empty()) {
        EXPECT_EQ(all[0].name + "=" + all[0].value + " " + all[0].domain + all[0].path,
                  "id=42 127.0.0.1/");
      }
      http::cookie own;
      own.name = "mine";
      own.value = "x y";
      own.domain = "127.0.0.1";
      session.set_cookie(own);
      http::request_options once;
      once.cookies = {{"now", "1"}};
      r = co_await session.get(at(server.port(), "/"), once);
      EXPECT_NE(r.body.find("mine=x y"), std::string::npos) << r.body;
      EXPECT_NE(r.body.find("id=42"), std::string::npos) << r.body;
      EXPECT_NE(r.body.find("now=1"), std::string::npos) << r.body;
      session.clear_cookies();
      EXPECT_TRUE(session.cookies().empty());
      r = co_await session.get(at(server.port(), "/"));
      EXPECT_EQ(r.body, "");
      http::session other;  // knows nothing of the first one's
      r = co_await other.get(at(server.port(), "/"));
      EXPECT_EQ(r.body, "");
    }
    co_await http::get(at(server.port(), "/set"));
    auto r = co_await http::get(at(server.port(), "/"));
    EXPECT_EQ(r.body, "") << "the loop's own session keeps no cookies";
    co_await server.close();
  });
}

// --- redirects ---

TEST(http_client_redirects, credentials_stay_with_their_host) {
  test::run([]() -> rondo::task<> {
    auto elsewhere = co_await http::start_server(mirror, "127.0.0.1", 0);
    std::string to = at(elsewhere.port(), "/there");
    bool blank_first = false;  // a Location that libcurl passes over
    auto away = [&](http::request&) {
      http::reply answer;
      answer.status = 302;
      if (blank_first) answer.headers.add("Location", "");
      answer.headers.add("Location", to);
      return answer;
    };
    auto server = co_await http::start_server(away, "127.0.0.1", 0);
    std::string from = at(server.port(), "/");
    {
      http::session session;
      auto leaked = [&](http::request_options o, std::string url) -> rondo::task<std::string> {
        auto r = co_await session.get(url, o);
        auto seen = r.json();
        EXPECT_EQ(seen["target"], "/there");
        std::string all;
        for (const char* secret : {"authorization", "cookie"})
          if (seen["fields"].count(secret)) all += seen["fields"][secret].get<std::string>();
        co_return all;
      };
      http::request_options o;
      o.auth = http::auth::basic("a", "b");
      EXPECT_EQ(co_await leaked(o, from), "");
      o = {};
      o.auth = http::auth::bearer("token");
      EXPECT_EQ(co_await leaked(o, from), "");
      o = {};
      o.cookies = {{"id", "1"}};
      EXPECT_EQ(co_await leaked(o, from), "");
      blank_first = true;
      EXPECT_EQ(co_await leaked(o, from), "");
      blank_first = false;
      o = {};
      o.headers.add("Authorization", "Custom secret");
      o.headers.add("Cookie", "id=1");
      EXPECT_EQ(co_await leaked(o, from), "");
      EXPECT_EQ(co_await leaked({}, "http://user:pass@" + from.substr(7)), "");
    }
    co_await server.close();
    co_await elsewhere.close();
  });
}

TEST(http_client_redirects, methods_and_bodies_follow_the_rules) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      std::string text = co_await r.body();
      if (r.target == "/end") {
        std::string framing = std::string(r.headers.get("transfer-encoding")) +
                              std::string(r.headers.get("content-type"));
        co_return http::reply(r.method + " " + text + (framing.empty() ? "" : " framed"));
      }
      http::reply answer;
      answer.status = std::stoi(r.target.substr(1));
      answer.headers.add("Location", "/end");
      co_return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    {
      http::session session;
      auto sent = [&](std::string method, int status,
                      http::body content) -> rondo::task<std::string> {
        auto r = co_await session.request(method, at(server.port(), "/" + std::to_string(status)),
                                          std::move(content));
        co_return r.body;
      };
      auto pieces = []() -> http::body::pieces { co_yield std::string("text"); };
      for (bool streamed : {false, true}) {
        auto content = [&]() -> http::body {
          if (streamed) return http::body(pieces, "text/plain");
          return http::body("text", "text/plain");
        };
        for (int status : {301, 302, 303})
          EXPECT_EQ(co_await sent("POST", status, content()), "GET ") << status << streamed;
        for (int status : {307, 308})
          EXPECT_EQ(co_await sent("POST", status, content()), "POST text framed")
              << status << streamed;
        for (const char* method : {"PUT", "PATCH"}) {
          EXPECT_EQ(co_await sent(method, 303, content()), "GET ") << method << streamed;
          for (int status : {301, 302, 307, 308})
            EXPECT_EQ(co_await sent(method, status, content()),
                      std::string(method) + " text framed")
                << method << status << streamed;
        }
      }
      EXPECT_EQ(co_await sent("DELETE", 303, {}), "GET ");
      EXPECT_EQ(co_await sent("DELETE", 307, {}), "DELETE ");
      http::failure why = http::failure::other;
      try {  // it cannot be sent again
        auto r = co_await session.post(at(server.port(), "/307"), pieces());
      } catch (const http::http_error& e) {
        why = e.why();
      }
      EXPECT_EQ(why, http::failure::not_replayable);
    }
    co_await server.close();
  });
}

TEST(http_client_redirects, have_a_limit_and_lead_only_to_http) {
  test::run([]() -> rondo::task<> {
    int requests = 0;
    auto handler = [&](http::request& r) {
      ++requests;
      http::reply answer("body of the redirect");
      answer.status = 302;
      answer.headers.add("Location", r.target == "/file" ? "file:///etc/passwd" : "/again");
      return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    {
      http::session session;
      http::request_options o;
      o.max_redirects = 3;
      http::failure why = http::failure::other;
      try {
        auto r = co_await session.get(at(server.port(), "/"), o);
      } catch (const http::http_error& e) {
        why = e.why();
      }
      EXPECT_EQ(why, http::failure::redirects);
      EXPECT_EQ(requests, 4);
      o.max_redirects = 0;
      auto r = co_await session.get(at(server.port(), "/"), o);
      EXPECT_EQ(r.status, 302);
      EXPECT_EQ(r.body, "body of the redirect");
      auto t = co_await session.stream(at(server.port(), "/"), o);
      EXPECT_EQ(t.status(), 302);
      bool refused = co_await throws<http::http_error>(session.get(at(server.port(), "/file")));
      EXPECT_TRUE(refused);
    }
    co_await server.close();
  });
}

TEST(http_client_auth, digest) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) {
      http::reply answer("welcome");
      std::string given(r.headers.get("authorization"));
      if (given.find("Digest username=\"ann\"") == given.npos) {
        answer = http::reply(401, "who?");
        answer.headers.add("WWW-Authenticate",
                           R"(Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256)");
      }
      return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    {
      http::session session;
      http::request_options o;
      o.auth = http::auth::digest("ann", "secret");
      auto r = co_await session.get(at(server.port(), "/"), o);
      EXPECT_EQ(r.body, "welcome");
      auto t = co_await session.stream(at(server.port(), "/"), o);
      EXPECT_EQ(t.status(), 200);
      EXPECT_EQ(co_await t.read_all(), "welcome");
      t = co_await session.stream(at(server.port(), "/"));
      EXPECT_EQ(t.status(), 401);
      EXPECT_EQ(co_await t.read_all(), "who?");
    }
    co_await server.close();
  });
}

TEST(http_client_progress, is_told_and_may_fail_the_transfer) {
  test::run([]() -> rondo::task<> {
    auto server = co_await http::start_server(mirror, "127.0.0.1", 0);
    {
      http::session session;
      http::request_options o;
      http::transfer_progress last;
      o.progress = [&](const http::transfer_progress& p) {
        EXPECT_GE(p.sent, last.sent);
        last = p;
      };
      auto r = co_await session.post(at(server.port(), "/"), std::string(100'000, 'x'), o);
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(last.sent, 100'000u);
      EXPECT_EQ(last.to_send, 100'000u);
      EXPECT_EQ(last.received, r.body.size());
      EXPECT_EQ(last.to_receive, r.body.size());
      o.progress = [](const http::transfer_progress&) { throw std::runtime_error("enough"); };
      bool thrown = co_await throws<std::runtime_error>(
          session.post(at(server.port(), "/"), std::string(100'000, 'x'), o));
      EXPECT_TRUE(thrown);
      r = co_await session.get(at(server.port(), "/"));
      EXPECT_EQ(r.status, 200);
    }
    co_await server.close();
  });
}

}  // namespace
