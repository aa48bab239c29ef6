// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What handlers and their replies refer to outlives them, whatever way the server's scope
// ends.
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/raw.hpp"
#include "support/transports.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

enum class way { returns, throws, cancelled, cancelled_in_serve_forever };

/// A program whose handlers, and the generators of their replies, use its locals.
rondo::task<> program(test::transport t, way out, test::journal& said, rondo::event& go_on) {
  test::witness local(said, "local");
  int begun = 0;
  auto events = [&]() -> rondo::async_generator<std::string> {
    test::witness streaming(local.to, "generator");
    co_yield "event";
    ++begun;
    co_await rondo::event().wait();
  };
  auto handler = [&](http::request& r) -> rondo::task<http::reply> {
    if (r.path() == "/stream") {
      http::reply streamed;
      streamed.stream = events();
      co_return streamed;
    }
    test::witness handling(local.to, "handler");
    ++begun;
    co_await rondo::event().wait();
    co_return "never";
  };
  auto reached = co_await test::reached_server::start(t, handler);
  rondo::stream one = co_await reached.connect();
  rondo::stream two = co_await reached.connect();
  rondo::stream idle = co_await reached.connect();
  co_await one.write(test::get("/wait"));
  EXPECT_TRUE(co_await test::comes_true([&] { return begun == 1; }));
  co_await two.write(test::get("/stream"));
  EXPECT_TRUE(co_await test::comes_true([&] { return begun == 2; }));
  go_on.set();
  if (out == way::cancelled_in_serve_forever) {
    co_await reached.server.serve_forever();
    co_return;
  }
  auto body = [&]() -> rondo::task<> {
    if (out == way::throws) throw std::runtime_error("boom");
    if (out == way::cancelled) co_await rondo::event().wait();
  };
  co_await rondo::with_server(reached.server, body, 0s);
}

TEST(http_server_life, handlers_end_before_what_they_refer_to) {
  for (test::transport t : test::transports) {
    for (way out : {way::returns, way::throws, way::cancelled, way::cancelled_in_serve_forever}) {
      test::journal said;
      test::diagnostics reported;
      test::run([&]() -> rondo::task<> {
        reported.listen();
        rondo::event go_on;
        auto running = rondo::create_task(program(t, out, said, go_on));
        co_await go_on.wait();
        co_await test::turns(2);
        running.cancel();
        co_await test::ended(running);
        EXPECT_EQ(running.exception() != nullptr, out == way::throws);
      });
      std::string where =
          test::name_of(t, test::pieces::one) + ", " + std::to_string(static_cast<int>(out));
      EXPECT_EQ(said.lines.size(), 3u) << where;
      EXPECT_EQ(said.lines.back(), "~local") << where;
      EXPECT_EQ(reported.messages, test::lines{}) << where;
    }
  }
}

TEST(http_server_life, one_that_is_destroyed_while_requests_run_says_so) {
  test::diagnostics reported;
  std::string name;
  test::run([&]() -> rondo::task<> {
    reported.listen();
    int begun = 0, logged = 0;
    auto handler = [&](http::request&) -> rondo::task<http::reply> {
      ++begun;
      co_await rondo::event().wait();
      co_return "never";
    };
    rondo::stream running, idle, late;
    {
      auto server = co_await http::start_server(handler, "127.0.0.1", 0);
      server.set_access_log([&](const http::access_record&) { ++logged; });
      name = server.address().to_string();
      running = co_await rondo::open_connection("127.0.0.1", server.port());
      idle = co_await rondo::open_connection("127.0.0.1", server.port());
      late = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await running.write(test::get("/"));
      EXPECT_TRUE(co_await test::comes_true([&] { return begun == 1; }));
      co_await late.write(test::get("/"));  // its handler must not begin any more
    }
    EXPECT_EQ(co_await running.read(), "");
    EXPECT_EQ(co_await idle.read(), "");
    co_await test::turns(20);
    EXPECT_EQ(begun, 1) << "a handler began after its server had gone";
    EXPECT_EQ(logged, 0) << "the log was called after its server had gone";
  });
  EXPECT_EQ(reported.messages, test::lines{"server on " + name +
                                           " was destroyed while 1 request runs: "
                                           "co_await close() first, or let with_server do it"});
}

TEST(http_server_life, idle_connections_need_no_report) {
  test::diagnostics reported;
  test::run([&]() -> rondo::task<> {
    reported.listen();
    auto hello = [](http::request&) { return http::reply("hello"); };
    rondo::stream s;
    {
      auto server = co_await http::start_server(hello, "127.0.0.1", 0);
      s = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await s.write(test::get("/"));
      auto answer = co_await s.read_until("hello");
      co_await test::turns(5);
      EXPECT_EQ(server.connections(), 1u);
    }
    EXPECT_EQ(co_await s.read(), "");
  });
  EXPECT_EQ(reported.messages, test::lines{});
}

TEST(http_server_life, a_cancelled_serve_forever_drains_within_its_grace) {
  test::run([]() -> rondo::task<> {
    rondo::event begun, end;
    auto handler = [&](http::request&) -> rondo::task<http::reply> {
      begun.set();
      co_await end.wait();
      co_return "whole";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    rondo::stream idle = co_await rondo::open_connection("127.0.0.1", server.port());
    rondo::stream s = co_await rondo::open_connection("127.0.0.1", server.port());
    auto serving = rondo::create_task(server.serve_forever(60s));
    co_await s.write(test::get("/"));
    co_await begun.wait();
    serving.cancel();
    EXPECT_EQ(co_await idle.read(), "") << "an idle connection held it";
    end.set();
    std::string answer = co_await s.read_all(1000);
    EXPECT_TRUE(answer.ends_with("\r\n\r\nwhole")) << answer;
    co_await test::ended(serving);
    EXPECT_TRUE(serving.cancelled());
  });
}

}  // namespace
