// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Whole programs that serve, in processes of their own.
#include <rondo/http/site/serve.hpp>

#include <csignal>
#include <set>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/child.hpp"
#include "support/raw.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

http::router site() {
  http::router r;
  r.get("/thread", [](http::request&) -> http::reply {
    std::ostringstream id;
    id << std::this_thread::get_id();
    return id.str();
  });
  r.get("/slow", [](http::request&) -> rondo::task<http::reply> {
    std::fputs("SLOW BEGAN\n", stderr);
    co_await rondo::sleep(500ms);
    co_return "slow";
  });
  r.get("/for-ever", [](http::request&) -> rondo::task<http::reply> {
    std::fputs("BEGAN\n", stderr);
    co_await rondo::sleep(3600s);
    co_return "never";
  });
  return r;
}

RONDO_CHILD(http_serve_two_workers) {
  http::serve(site, {.port = 0, .workers = 2, .grace = 10s});
  std::fputs("ENDED\n", stderr);
  return 7;
}

RONDO_CHILD(http_serve_failing_factory) {
  try {
    auto bad = []() -> http::router { throw std::runtime_error("no site"); };
    http::serve(bad, {.port = 0, .workers = 2});
  } catch (const std::runtime_error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
  return 0;
}

/// The port of "Serving on http://127.0.0.1:1234 (…": waits for that line.
std::uint16_t port_of(test::child& c) {
  if (!c.wait_for("Ctrl-C ends)\n")) return 0;
  std::size_t at = c.output().find("127.0.0.1:");
  if (at == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::stoi(c.output().substr(at + 10)));
}

TEST(http_serve, workers_share_a_port_and_drain) {
  test::child program("http_serve_two_workers");
  std::uint16_t port = port_of(program);
  ASSERT_NE(port, 0);
  std::string slow;
  test::run([&]() -> rondo::task<> {
    std::set<std::string> threads;
    for (int i = 0; i < 200 && threads.size() < 2; ++i) {
      std::string answer = co_await test::raw(port, test::get("/thread"));
      threads.insert(test::body_of(answer));
    }
    EXPECT_EQ(threads.size(), 2u);
    auto s = co_await rondo::open_connection("127.0.0.1", port);
    co_await s.write(test::get("/slow"));
    EXPECT_TRUE(program.wait_for("SLOW BEGAN\n"));
    program.signal(SIGTERM);
    slow = co_await s.read_all(1000);
  });
  EXPECT_TRUE(slow.ends_with("slow")) << slow;
  EXPECT_EQ(program.wait(), "exit 7") << program.output();
  EXPECT_NE(program.output().find("\"GET /slow HTTP/1.1\" 200 4"), std::string::npos)
      << program.output();
}

TEST(http_serve, a_second_signal_kills) {
  test::child program("http_serve_two_workers");
  std::uint16_t port = port_of(program);
  ASSERT_NE(port, 0);
  std::string status;
  test::run([&]() -> rondo::task<> {
    auto s = co_await rondo::open_connection("127.0.0.1", port);
    co_await s.write(test::get("/for-ever"));
    EXPECT_TRUE(program.wait_for("BEGAN\n"));
    program.signal(SIGINT);
    // Once it listens no more, it has taken the first signal.
    bool closed = false;
    for (int i = 0; i < 2000 && !closed; ++i) {
      try {
        auto other = co_await rondo::open_connection("127.0.0.1", port);
        co_await rondo::sleep(5ms);
      } catch (const std::system_error&) {
        closed = true;
      }
    }
    EXPECT_TRUE(closed);
    program.signal(SIGINT);
    status = program.wait();
  });
  EXPECT_EQ(status, "signal " + std::to_string(SIGINT));
}

TEST(http_serve, throws_what_the_factory_throws) {
  test::child program("http_serve_failing_factory");
  EXPECT_EQ(program.wait(), "exit 3");
  EXPECT_NE(program.output().find("no site\n"), std::string::npos) << program.output();
}

}  // namespace
