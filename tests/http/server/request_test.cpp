// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/server.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/async.hpp"
#include "support/raw.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

/// What f throws as a status_error: "400 text".
template <class F>
std::string refusal_of(F f) {
  try {
    f();
  } catch (const http::status_error& e) {
    return std::to_string(e.status()) + " " + e.what();
  }
  return "none";
}

TEST(http_request, takes_the_target_apart) {
  http::request r;
  r.target = "/a/b?x=1&y=two+words&x=%32&flag&empty=&%6Eame=v&bad=%zz";
  EXPECT_EQ(r.path(), "/a/b");
  EXPECT_EQ(r.query_value("x"), "1");
  EXPECT_EQ(r.query_values("x"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(r.query_value("y"), "two words");
  EXPECT_EQ(r.query_value("flag"), "");
  EXPECT_EQ(r.query_value("empty"), "");
  EXPECT_EQ(r.query_value("name"), "v");
  EXPECT_EQ(r.query_value("bad"), "%zz");
  EXPECT_FALSE(r.query_value("none"));
  r.target = "/plain";
  EXPECT_EQ(r.query(), "");
  EXPECT_FALSE(r.query_value("x"));
}

TEST(http_request, gives_typed_values_or_says_what_is_wrong) {
  http::request r;
  r.target = "/?page=7&price=2.5&on=true&off=0&word=abc&big=99999999999&neg=-1&inf=inf&spaced=+7";
  r.headers.add("X-Count", "12");
  EXPECT_EQ(r.query_as<int>("page"), 7);
  EXPECT_EQ(r.query_as<int>("missing", 3), 3);
  EXPECT_EQ(r.query_as<double>("price"), 2.5);
  EXPECT_TRUE(r.query_as<bool>("on"));
  EXPECT_FALSE(r.query_as<bool>("off"));
  EXPECT_EQ(r.query_as<std::string>("word"), "abc");
  EXPECT_EQ(r.query_as<std::string>("missing", "else"), "else");
  EXPECT_EQ(r.query_as<long>("big"), 99999999999);
  EXPECT_EQ(r.header_as<unsigned>("x-count"), 12u);
  EXPECT_EQ(r.header_as<int>("X-None", 4), 4);
  EXPECT_EQ(refusal_of([&] { r.query_as<int>("word"); }),
            "400 the query's \"word\" is not a whole number");
  EXPECT_EQ(refusal_of([&] { r.query_as<int>("word", 1); }),
            "400 the query's \"word\" is not a whole number");
  EXPECT_EQ(refusal_of([&] { r.query_as<int>("big"); }),
            "400 the query's \"big\" is not a number of that size");
  EXPECT_EQ(refusal_of([&] { r.query_as<unsigned>("neg"); }),
            "400 the query's \"neg\" is not a whole number");
  EXPECT_EQ(refusal_of([&] { r.query_as<double>("inf"); }),
            "400 the query's \"inf\" is not a number");
  EXPECT_EQ(refusal_of([&] { r.query_as<int>("spaced"); }),
            "400 the query's \"spaced\" is not a whole number");
  EXPECT_EQ(refusal_of([&] { r.query_as<int>("none"); }), "400 the query's \"none\" is missing");
  EXPECT_EQ(refusal_of([&] { r.query_as<bool>("word"); }),
            "400 the query's \"word\" is not true or false");
  EXPECT_EQ(refusal_of([&] { r.header_as<int>("X-None"); }),
            "400 the header's \"X-None\" is missing");
  EXPECT_THROW(r.param("id"), rondo::usage_error);
  r.parameters().emplace_back("id", "x");
  EXPECT_EQ(refusal_of([&] { r.param_as<int>("id"); }),
            "404 the path's \"id\" is not a whole number");
}

TEST(http_request, json_both_ways) {
  test::run([]() -> rondo::task<> {
    http::router site;
    site.post("/add", [](http::request& r) -> rondo::task<http::reply> {
      nlohmann::json body = co_await r.json();
      if (!body.is_object() || !body.contains("a"))
        throw http::status_error(422, "an object with \"a\" is wanted");
      co_return http::reply::json({{"sum", body["a"].get<int>() + 1}}, 201);
    });
    site.get("/bad-text", [](http::request&) { return http::reply::json("\xff"); });
    auto server = co_await http::start_server(std::move(site), "127.0.0.1", 0);
    auto ask = [&](std::string body, std::string type) -> rondo::task<std::string> {
      std::string fields = type.empty() ? "" : "Content-Type: " + type + "\r\n";
      std::string a = co_await test::raw(server.port(), test::post("/add", body, fields));
      co_return a.substr(9, 3) + " " + test::body_of(a);
    };
    EXPECT_EQ(co_await ask("{\"a\": 1}", "application/json"), "201 {\"sum\":2}");
    EXPECT_EQ(co_await ask("{\"a\": 1}", "Application/JSON ; charset=utf-8"), "201 {\"sum\":2}");
    EXPECT_EQ(co_await ask("{\"a\": 1}", "application/problem+json"), "201 {\"sum\":2}");
    EXPECT_EQ(co_await ask("{\"a\": 1}", ""), "201 {\"sum\":2}");
    EXPECT_EQ(co_await ask("{\"a\": 1}", "text/plain"), "415 the body is not JSON\n");
    EXPECT_EQ(co_await ask("{\"a\": ", "application/json"), "400 the body is malformed JSON\n");
    EXPECT_EQ(co_await ask("[]", "application/json"), "422 an object with \"a\" is wanted\n");
    std::string large(2 << 20, ' ');
    EXPECT_EQ((co_await ask(large, "application/json")).substr(0, 3), "413");
    std::string replaced = co_await test::raw(server.port(), test::get("/bad-text"));
    EXPECT_EQ(test::body_of(replaced), "\"\xef\xbf\xbd\"");
    EXPECT_NE(replaced.find("Content-Type: application/json\r\n"), replaced.npos);
    co_await server.close();
  });
}

TEST(http_request, deep_json_is_refused) {
  test::run([]() -> rondo::task<> {
    http::router site;
    site.post("/", [](http::request& r) -> rondo::task<http::reply> {
      nlohmann::json body = co_await r.json();
      co_return "read";
    });
    auto server = co_await http::start_server(std::move(site), "127.0.0.1", 0);
    std::string answer =
        co_await test::raw(server.port(), test::post("/", std::string(1'000'000, '[')));
    EXPECT_EQ(test::status_line(answer), "HTTP/1.1 400");
    EXPECT_EQ(test::body_of(answer), "the body's JSON is nested too deeply\n");
    std::string fits = std::string(500, '[') + "\"[[\\\"[[\"" + std::string(500, ']');
    answer = co_await test::raw(server.port(), test::post("/", fits));
    EXPECT_EQ(test::body_of(answer), "read");
    co_await server.close();
  });
}

TEST(http_request, forms) {
  test::run([]() -> rondo::task<> {
    http::router site;
    site.post("/", [](http::request& r) -> rondo::task<http::reply> {
      http::form_fields form = co_await r.form();
      std::string all;
      for (auto& [name, value] : form) all += name + ":" + value + ";";
      co_return all;
    });
    auto server = co_await http::start_server(std::move(site), "127.0.0.1", 0);
    std::string type = "Content-Type: application/x-www-form-urlencoded\r\n";
    std::string answer =
        co_await test::raw(server.port(), test::post("/", "a=1&b=x+%26+y&&c", type));
    EXPECT_EQ(test::body_of(answer), "a:1;b:x & y;c:;");
    answer = co_await test::raw(server.port(), test::post("/", "a=1"));
    EXPECT_EQ(test::status_line(answer), "HTTP/1.1 415");
    co_await server.close();
  });
}

TEST(http_request, ids_are_echoed_if_sane) {
  test::run([]() -> rondo::task<> {
    http::router site;
    site.get("/id", [](http::request& r) -> http::reply { return r.id(); });
    site.get("/none", [](http::request&) { return "x"; });
    auto server = co_await http::start_server(std::move(site), "127.0.0.1", 0);
    auto ask = [&](std::string target, std::string fields) -> rondo::task<std::string> {
      co_return co_await test::raw(server.port(), test::get(target, fields));
    };
    std::string answer = co_await ask("/id", "X-Request-Id: abc-1.2_Z\r\n");
    EXPECT_EQ(test::body_of(answer), "abc-1.2_Z");
    EXPECT_NE(answer.find("X-Request-Id: abc-1.2_Z\r\n"), answer.npos);
    answer = co_await ask("/none", "X-Request-Id: abc\r\n");
    EXPECT_NE(answer.find("X-Request-Id: abc\r\n"), answer.npos)
        << "echoed though nobody has asked";
    answer = co_await ask("/id", "X-Request-Id: a\"b<script>\r\n");
    EXPECT_EQ(answer.find("script"), answer.npos);
    EXPECT_EQ(test::body_of(answer).size(), 16u);
    std::string other = co_await ask("/id", "");
    EXPECT_NE(test::body_of(answer), test::body_of(other));
    answer = co_await ask("/id", "X-Request-Id: " + std::string(65, 'a') + "\r\n");
    EXPECT_EQ(test::body_of(answer).size(), 16u);
    co_await server.close();
  });
}

TEST(http_percent_encoding, there_and_back) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(http::percent_decode(http::percent_encode(all)), all);
  EXPECT_EQ(http::percent_encode("a b/c~\xc3\xa9"), "a%20b%2Fc~%C3%A9");
  EXPECT_EQ(http::percent_encode("a b/c", "/"), "a%20b/c");
  EXPECT_FALSE(http::percent_decode("%"));
  EXPECT_FALSE(http::percent_decode("a%2"));
  EXPECT_FALSE(http::percent_decode("%g0"));
  http::form_fields fields{{"a b", "1&2"}, {"", "="}, {"\xc3\xa9", all}};
  EXPECT_EQ(http::parse_form(http::encode_form(fields)), fields);
}

}  // namespace
