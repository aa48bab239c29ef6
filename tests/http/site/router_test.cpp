// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/router.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/run.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

/// The reply of a router, without a server.
http::reply ask(http::router& site, std::string method, std::string target) {
  return test::run([&]() -> rondo::task<http::reply> {
    http::request r;
    r.method = std::move(method);
    r.target = std::move(target);
    co_return co_await site(r);
  });
}
std::string answer(http::router& site, std::string method, std::string target) {
  http::reply r = ask(site, std::move(method), std::move(target));
  return std::to_string(r.status) + " " + r.body;
}

auto says(std::string text) {
  return [text](http::request&) -> http::reply { return text; };
}

TEST(http_router, finds_by_path_and_method) {
  http::router site;
  site.get("/", says("root"))
      .get("/users", says("users"))
      .post("/users", says("add"))
      .get("/users/", says("with slash"))
      .get("/users/{id}", [](http::request& r) -> http::reply { return "user " + r.param("id"); })
      .get("/users/{id}/posts/{post}",
           [](http::request& r) -> http::reply { return r.param("id") + " " + r.param("post"); })
      .get("/users/me", says("me"));
  EXPECT_EQ(answer(site, "GET", "/"), "200 root");
  EXPECT_EQ(answer(site, "GET", "/?a=b"), "200 root");
  EXPECT_EQ(answer(site, "GET", "/users"), "200 users");
  EXPECT_EQ(answer(site, "POST", "/users"), "200 add");
  EXPECT_EQ(answer(site, "GET", "/users/"), "200 with slash");
  EXPECT_EQ(answer(site, "GET", "/users/7"), "200 user 7");
  EXPECT_EQ(answer(site, "GET", "/users/me"), "200 me") << "text goes before a parameter";
  EXPECT_EQ(answer(site, "GET", "/users/7/posts/first"), "200 7 first");
  EXPECT_EQ(answer(site, "GET", "/users/me/posts/x"), "200 me x") << "the search goes back";
  EXPECT_EQ(answer(site, "GET", "/users/7/posts"), "404 Not Found\n");
  EXPECT_EQ(answer(site, "GET", "/users/7/posts/"), "404 Not Found\n")
      << "a parameter is not empty";
  EXPECT_EQ(answer(site, "GET", "//users"), "404 Not Found\n");
}

TEST(http_router, says_which_methods_there_are) {
  http::router site;
  site.get("/a", says("a")).delete_("/a", says("gone")).post("/b", says("b"));
  site.put("/{any}", says("any"));
  http::reply r = ask(site, "PATCH", "/a");
  EXPECT_EQ(r.status, 405);
  EXPECT_EQ(r.headers.get("Allow"), "GET, DELETE, HEAD, PUT, OPTIONS");
  r = ask(site, "OPTIONS", "/b");
  EXPECT_EQ(r.status, 204);
  EXPECT_EQ(r.body, "");
  EXPECT_EQ(r.headers.get("Allow"), "POST, PUT, OPTIONS");
  EXPECT_EQ(answer(site, "PUT", "/a"), "200 any") << "a pattern that fits with its method";
  EXPECT_EQ(ask(site, "OPTIONS", "/nothing/here").status, 404);
  EXPECT_EQ(ask(site, "OPTIONS", "*").status, 204);
  site.route("OPTIONS2", "/c/d", says("d"));
  EXPECT_EQ(ask(site, "GET", "/c/d").headers.get("Allow"), "OPTIONS2, OPTIONS");
}

TEST(http_router, head_is_get_without_a_body_of_its_own) {
  http::router site;
  site.get("/a", says("a")).get("/b", says("b")).head("/b", says("by head"));
  EXPECT_EQ(answer(site, "HEAD", "/a"), "200 a");
  EXPECT_EQ(answer(site, "HEAD", "/b"), "200 by head");
  EXPECT_EQ(answer(site, "GET", "/b"), "200 b");
}

TEST(http_router, decodes_after_it_splits) {
  http::router site;
  site.get("/f/{name}", [](http::request& r) -> http::reply { return "name " + r.param("name"); })
      .get("/f/a/b", says("two segments"))
      .get("/caf\xc3\xa9", says("coffee"))
      .get("/rest/{all...}",
           [](http::request& r) -> http::reply { return "all " + r.param("all"); });
  EXPECT_EQ(answer(site, "GET", "/f/a%2Fb"), "200 name a/b")
      << "an escaped slash separates nothing";
  EXPECT_EQ(answer(site, "GET", "/f/%61/b"), "200 two segments");
  EXPECT_EQ(answer(site, "GET", "/caf%C3%A9"), "200 coffee");
  EXPECT_EQ(answer(site, "GET", "/f/a+b"), "200 name a+b") << "plus is a space in queries only";
  EXPECT_EQ(answer(site, "GET", "/f/%"), "400 Bad Request\n");
  EXPECT_EQ(answer(site, "GET", "/f/%zz"), "400 Bad Request\n");
  EXPECT_EQ(answer(site, "GET", "/f/%2"), "400 Bad Request\n");
  EXPECT_EQ(answer(site, "GET", "/f/%00"), "200 name " + std::string(1, '\0'));
  EXPECT_EQ(answer(site, "GET", "/rest/a/b%20c/"), "200 all a/b c/");
  EXPECT_EQ(answer(site, "GET", "/rest/"), "200 all ");
  EXPECT_EQ(answer(site, "GET", "/rest"), "404 Not Found\n");
}

TEST(http_router, refuses_bad_patterns) {
  http::router site;
  site.get("/a/{id}", says(""));
  for (const char* bad : {"", "a", "/{", "/{}", "/{a}{b}", "/x{a}", "/{a...}/b", "/{...}", "/a?b",
                          "/a%20b", "/{a}/{a}", "/a/{other}"})
    EXPECT_THROW(site.get(bad, says("")), rondo::usage_error) << bad;
  EXPECT_THROW(site.route("G T", "/b", says("")), rondo::usage_error);
  std::string many;
  for (int i = 0; i < 17; ++i) many += "/{p" + std::to_string(i) + "}";
  EXPECT_THROW(site.get(many, says("")), rondo::usage_error);
}

TEST(http_router, middleware_is_around_in_its_order) {
  std::string trace;
  auto layer = [&trace](std::string name) {
    return [&trace, name](http::request& r, http::next next) -> rondo::task<http::reply> {
      trace += "(" + name;
      http::reply answer = co_await next(r);
      trace += ")";
      answer.headers.add("X-Through", name);
      co_return answer;
    };
  };
  http::router api;
  auto inner = layer("inner");
  api.use(inner);
  api.get("/x", [&](http::request& r) -> http::reply {
    trace += "x" + r.param("version");
    return "x";
  });
  http::router site;
  auto a = layer("a"), b = layer("b");
  site.use(a).use(b).get("/plain", says("plain"));
  site.mount("/api/{version}", std::move(api));
  http::reply r = ask(site, "GET", "/api/v2/x");
  EXPECT_EQ(r.body, "x");
  EXPECT_EQ(trace, "(a(b(innerxv2)))");
  EXPECT_EQ(r.headers.size(), 3u);
  trace.clear();
  EXPECT_EQ(answer(site, "GET", "/plain"), "200 plain");
  EXPECT_EQ(trace, "(a(b))");
  trace.clear();
  EXPECT_EQ(answer(site, "GET", "/nothing"), "404 Not Found\n");
  EXPECT_EQ(trace, "(a(b))") << "around what is not found, too";
}

TEST(http_router, middleware_may_answer_catch_and_redirect) {
  http::router site;
  auto guard = [](http::request& r, http::next next) -> rondo::task<http::reply> {
    if (r.path() == "/secret") co_return http::reply(401, "who are you?");
    if (r.path() == "/old") r.target = "/new";
    bool failed = false;
    http::reply answer;
    try {
      answer = co_await next(r);
    } catch (const std::runtime_error&) {
      failed = true;
    }
    if (failed) co_return http::reply(503, "later");
    co_return answer;
  };
  site.use(guard)
      .get("/secret", says("secret"))
      .get("/new", says("new"))
      .get("/boom", [](http::request&) -> http::reply { throw std::runtime_error("boom"); });
  EXPECT_EQ(answer(site, "GET", "/secret"), "401 who are you?");
  EXPECT_EQ(answer(site, "GET", "/old"), "200 new");
  EXPECT_EQ(answer(site, "GET", "/boom"), "503 later");
}

TEST(http_router, a_handler_may_be_a_coroutine) {
  http::router site;
  site.get("/slow/{id}", [](http::request& r) -> rondo::task<http::reply> {
    co_await rondo::sleep(0s);
    co_return "slow " + r.param("id");
  });
  EXPECT_EQ(answer(site, "GET", "/slow/1"), "200 slow 1");
}

/// Handlers of every shape.
struct shop {
  int sold = 0;
  rondo::task<http::reply> sell(http::request& r) {
    ++sold;
    co_return "sold " + r.param("id");
  }
  std::string stock() const { return "stock " + std::to_string(sold); }
};

TEST(http_router, a_handler_has_the_shape_that_it_needs) {
  shop mine;
  http::router site;
  site.get("/health", [] { return "ok"; });
  site.get("/text", [](http::request&) { return std::string("text"); });
  site.get("/later", [](http::request&) -> rondo::task<std::string> { co_return "later"; });
  site.get("/nothing", []() -> rondo::task<std::string> { co_return "nothing"; });
  site.get("/json", [](http::request& r) { return nlohmann::json{{"path", r.path()}}; });
  site.get("/json-later", []() -> rondo::task<nlohmann::json> { co_return nlohmann::json{1, 2}; });
  site.get("/json-text", [] { return http::reply::json_text("[3]"); });
  site.post("/sell/{id}", &shop::sell, &mine);
  site.get("/stock", &shop::stock, &mine);
  site.route("QUERY", "/stock", &shop::stock, &mine);
  EXPECT_EQ(answer(site, "GET", "/health"), "200 ok");
  EXPECT_EQ(answer(site, "GET", "/text"), "200 text");
  EXPECT_EQ(answer(site, "GET", "/later"), "200 later");
  EXPECT_EQ(answer(site, "GET", "/nothing"), "200 nothing");
  EXPECT_EQ(answer(site, "GET", "/json"), "200 {\"path\":\"/json\"}");
  EXPECT_EQ(answer(site, "GET", "/json-later"), "200 [1,2]");
  EXPECT_EQ(answer(site, "GET", "/json-text"), "200 [3]");
  EXPECT_EQ(answer(site, "POST", "/sell/7"), "200 sold 7");
  EXPECT_EQ(answer(site, "GET", "/stock"), "200 stock 1");
  EXPECT_EQ(answer(site, "QUERY", "/stock"), "200 stock 1");
}

}  // namespace
