// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/server_sent_events.hpp>

#include <rondo/sync/event.hpp>

#include "support/async.hpp"
#include "support/site.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

using rondo::task;
using event = http::server_sent_event;
using events = rondo::async_generator<event>;

TEST(server_sent_events, text) {
  EXPECT_EQ(http::to_text(event("hello")), "data: hello\n\n");
  EXPECT_EQ(http::to_text(event("")), "data: \n\n") << "one that is dispatched";
  EXPECT_EQ(http::to_text(event(" a: b", "tick", "7")), "event: tick\nid: 7\ndata:  a: b\n\n");
  event e("x");
  e.retry = 1500ms;
  EXPECT_EQ(http::to_text(e), "retry: 1500\ndata: x\n\n");
  e.retry = -1s;
  EXPECT_EQ(http::to_text(e), "retry: 0\ndata: x\n\n");
}

TEST(server_sent_events, data_stays_data) {
  EXPECT_EQ(http::to_text(event("a\nb")), "data: a\ndata: b\n\n");
  EXPECT_EQ(http::to_text(event("a\r\nb\rc\n")), "data: a\ndata: b\ndata: c\ndata: \n\n");
  EXPECT_EQ(http::to_text(event("\n\nevent: evil\n\r\rid: 1")),
            "data: \ndata: \ndata: event: evil\ndata: \ndata: \ndata: id: 1\n\n");
  for (const char* bad : {"a\nb", "a\rb", "\n", "a\r\n"}) {
    EXPECT_THROW(http::to_text(event("x", bad)), rondo::usage_error);
    EXPECT_THROW(http::to_text(event("x", "", bad)), rondo::usage_error);
  }
  EXPECT_THROW(http::to_text(event("x", "", std::string("a\0b", 3))), rondo::usage_error);
  EXPECT_NO_THROW(http::to_text(event(std::string("a\0b", 3))));
}

/// A site of one stream of events.
template <class Make, class Body>
void with_events(Make make, Body&& body, http::server_sent_events_options options = {}) {
  test::run([&]() -> task<> {
    auto handler = [&](http::request& r) {
      return http::server_sent_events(make(std::string(http::last_event_id(r))), options);
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    co_await body(server);
    co_await server.close(0s);
  });
}

task<rondo::stream> open_events(std::uint16_t port, std::string fields = {},
                                const char* version = "1.1") {
  auto s = co_await rondo::open_connection("127.0.0.1", port);
  std::string request = std::string("GET / HTTP/") + version + "\r\nHost: x\r\n" + fields + "\r\n";
  co_await s.write(request);
  co_return s;
}

task<std::string> read_chunk(rondo::stream& s) {
  std::string size = co_await s.read_until("\r\n");
  std::string chunk = co_await s.read_exactly(std::stoul(size, nullptr, 16) + 2);
  co_return chunk.substr(0, chunk.size() - 2);
}

TEST(server_sent_events, arrive_as_they_come) {
  rondo::event next;
  auto make = [&](std::string last) -> events {
    co_yield event("after " + last, "", "8");
    co_await next.wait();
    co_yield event("2");
  };
  with_events(make, [&](http::server& server) -> task<> {
    auto s = co_await open_events(server.port(), "Last-Event-ID: 7\r\n");
    std::string head = co_await s.read_until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), head.npos);
    EXPECT_NE(head.find("Cache-Control: no-cache\r\n"), head.npos);
    EXPECT_EQ(co_await read_chunk(s), "id: 8\ndata: after 7\n\n");
    next.set();
    EXPECT_EQ(co_await read_chunk(s), "data: 2\n\n");
    EXPECT_EQ(co_await read_chunk(s), "") << "the end";
  });
}

TEST(server_sent_events, http_1_0) {
  auto make = [](std::string) -> events {
    co_yield event("1");
    co_yield event("2");
  };
  with_events(make, [&](http::server& server) -> task<> {
    auto s = co_await open_events(server.port(), "", "1.0");
    std::string all = co_await s.read_all(10'000);
    EXPECT_TRUE(all.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\n")) << all;
  });
}

TEST(server_sent_events, pings_meanwhile_and_loses_nothing) {
  auto make = [](std::string) -> events {
    for (int i = 0; i < 30; ++i) {
      co_await rondo::sleep(i % 3 == 0 ? 7ms : 0ms);
      co_yield event(std::to_string(i));
    }
    co_await rondo::sleep(3600s);
  };
  http::server_sent_events_options often;
  often.ping = 1ms;
  with_events(
      make,
      [&](http::server& server) -> task<> {
        auto s = co_await open_events(server.port());
        co_await s.read_until("\r\n\r\n");
        int pings = 0;
        for (int i = 0; i < 30;) {
          std::string chunk = co_await read_chunk(s);
          if (chunk == ": ping\n\n") {
            ++pings;
            continue;
          }
          EXPECT_EQ(chunk, "data: " + std::to_string(i) + "\n\n");
          ++i;
        }
        for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await read_chunk(s), ": ping\n\n");
        EXPECT_GT(pings, 0);
      },
      often);
}

TEST(server_sent_events, a_client_that_goes_away_cancels_the_generator) {
  for (bool yields : {false, true}) {
    int alive = 0;
    struct counts {
      int& n;
      explicit counts(int& i) : n(i) { ++n; }
      ~counts() { --n; }
    };
    auto make = [&](std::string) -> events {
      counts c(alive);
      for (;;) {
        co_yield event(std::string(10'000, 'x'));
        if (!yields) co_await rondo::sleep(3600s);
      }
    };
    with_events(make, [&](http::server& server) -> task<> {
      auto first = co_await open_events(server.port());
      co_await first.read_until("\r\n\r\n");
      co_await read_chunk(first);
      auto second = co_await open_events(server.port());
      co_await second.read_until("\r\n\r\n");
      co_await read_chunk(second);
      EXPECT_EQ(alive, 2);
      first.close();
      while (alive > 1) co_await rondo::sleep(1ms);
      EXPECT_EQ(alive, 1);
    });
    EXPECT_EQ(alive, 0) << "closing the server ends the other one";
  }
}

TEST(server_sent_events, a_bad_event_ends_the_connection_and_is_reported) {
  test::diagnostics reported;
  auto make = [](std::string) -> events {
    co_yield event("good");
    co_yield event("bad", "two\nlines");
    co_yield event("never");
  };
  with_events(make, [&](http::server& server) -> task<> {
    reported.listen();
    auto s = co_await open_events(server.port());
    std::string all = co_await s.read_all(10'000);
    EXPECT_NE(all.find("data: good"), all.npos);
    EXPECT_EQ(all.find("bad"), all.npos);
    EXPECT_EQ(all.find("never"), all.npos);
    EXPECT_FALSE(all.ends_with("0\r\n\r\n")) << "a client must see that it broke off";
    EXPECT_TRUE(reported.mentions("its event holds a line break"));
  });
}

TEST(server_sent_events, an_error_of_the_system_is_reported_too) {
  test::diagnostics reported;
  auto make = [](std::string) -> events {
    co_yield event("good");
    co_await rondo::read_text("/nonexistent/file");
  };
  with_events(make, [&](http::server& server) -> task<> {
    reported.listen();
    auto s = co_await open_events(server.port());
    std::string all = co_await s.read_all(10'000);
    EXPECT_FALSE(all.ends_with("0\r\n\r\n"));
    EXPECT_TRUE(reported.mentions("/nonexistent/file"));
  });
}

}  // namespace
