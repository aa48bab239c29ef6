// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Clients that send or read just enough not to be silent.
#include "http/server/least_rate.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <rondo/http/server/server.hpp>

#include "support/raw.hpp"
#include "support/transports.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

constexpr std::int64_t seconds(double n) { return static_cast<std::int64_t>(n * 1e9); }

TEST(least_rate, each_byte_buys_time_and_the_beginning_is_free) {
  http::detail::least_rate rate(240, 30s);
  EXPECT_FALSE(rate.too_slow(0, seconds(30)));
  EXPECT_TRUE(rate.too_slow(0, seconds(30.1)));
  EXPECT_FALSE(rate.too_slow(240, seconds(31)));
  EXPECT_TRUE(rate.too_slow(239, seconds(31)));
  EXPECT_FALSE(rate.too_slow(std::uint64_t{240} * 3600, seconds(3630)));
  EXPECT_TRUE(rate.too_slow(3630, seconds(3630))) << "a byte a second, for an hour";
}

TEST(least_rate, none_is_asked_for_without_a_limit) {
  EXPECT_FALSE(http::detail::least_rate(0, 30s).too_slow(0, seconds(1e9)));
  EXPECT_FALSE(http::detail::least_rate(240, rondo::delay(std::chrono::hours(10'000'000)))
                   .too_slow(0, seconds(1e9)));
  EXPECT_TRUE(http::detail::least_rate(240, 0s).too_slow(0, seconds(1)));
}

// Each byte comes in time for a limit on pieces.
TEST(least_rate, a_body_that_drips_is_408) {
  for (test::transport t : test::transports) {
    test::run([&]() -> rondo::task<> {
      auto echo = [](http::request& r) -> rondo::task<http::reply> { co_return co_await r.body(); };
      http::server_options options;
      options.body_timeout = 200ms;
      auto reached = co_await test::reached_server::start(t, echo, options);
      auto all = [&]() -> rondo::task<> {
        for (std::string head :
             {"Content-Length: 1000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"}) {
          auto s = co_await reached.connect();
          co_await s.write("POST / HTTP/1.1\r\nHost: x\r\n" + head);
          std::string piece = head.starts_with("T") ? "1\r\nx\r\n" : "x";
          auto drip = [&]() -> rondo::task<> {
            try {
              for (;;) {
                co_await rondo::sleep(50ms);
                co_await s.write(piece);
              }
            } catch (const std::system_error&) {  // the server has ended
            }
          };
          auto dripping = rondo::create_task(drip);
          auto answer = co_await rondo::move_on_after(s.read_until("\r\n\r\n"), 20s);
          EXPECT_TRUE(answer) << "it is still read after 20 s";
          if (answer) {
            EXPECT_EQ(test::status_line(*answer), "HTTP/1.1 408");
          }
          dripping.cancel();
          co_await test::ended(dripping);
        }
      };
      co_await rondo::with_server(reached.server, all);
    });
  }
}

// The time of the handler is not the client's.
TEST(least_rate, a_handler_may_take_its_time) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      std::string all;
      for (std::string piece = co_await r.read(); !piece.empty(); piece = co_await r.read()) {
        all += piece;
        co_await rondo::sleep(300ms);
      }
      co_return all;
    };
    http::server_options options;
    options.body_timeout = 200ms;
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, options);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\na");
    co_await rondo::sleep(100ms);
    co_await s.write("b");
    co_await rondo::sleep(400ms);
    co_await s.write("c");
    std::string answer = co_await s.read_all(10'000);
    EXPECT_EQ(test::body_of(answer), "abc") << answer;
    co_await server.close();
  });
}

TEST(least_rate, a_reply_that_is_read_in_drips_is_cut) {
  for (test::transport t : test::transports) {
    test::run([&]() -> rondo::task<> {
      auto handler = [](http::request&) { return http::reply(std::string(32 << 20, 'x')); };
      http::server_options options;
      options.write_timeout = 200ms;
      options.min_rate =
          1 << 30;  // the kernels' buffers are large: what a drip is is a matter of measure
      auto reached = co_await test::reached_server::start(t, handler, options);
      auto s = co_await reached.connect();
      int small = 16 * 1024;
      ::setsockopt(s.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
      co_await s.write(test::get("/"));
      auto drip = [&]() -> rondo::task<> {
        try {
          for (;;) {
            std::string some = co_await s.read(20'000);
            if (some.empty()) co_return;
            co_await rondo::sleep(20ms);
          }
        } catch (const std::system_error&) {
        }
      };
      auto dripping = rondo::create_task(drip);
      EXPECT_TRUE(co_await test::comes_true([&] { return reached.server.connections() == 0; }))
          << "it is still being served";
      dripping.cancel();
      co_await test::ended(dripping);
      co_await reached.server.close(0s);
    });
  }
}

}  // namespace
