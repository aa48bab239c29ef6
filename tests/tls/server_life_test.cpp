// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What the handlers of a TLS server refer to outlives them, and no handler begins late.
#include <gtest/gtest.h>
#include <rondo/io.hpp>
#include <rondo/tls.hpp>

#include "support/async.hpp"
#include "support/tls.hpp"

using namespace std::chrono_literals;
using test::certificates;

namespace {

enum class way { returns, cancelled, cancelled_in_serve_forever };

/// One connection runs its handler, one has not said hello.
rondo::task<> program(way out, bool unix_socket, std::string path, test::journal& said,
                      rondo::event& ready) {
  test::witness local(said, "local");
  rondo::event begun;
  auto handler = [&](rondo::stream s) -> rondo::task<> {
    test::witness handling(local.to, "handler");
    begun.set();
    co_await s.read();
  };
  rondo::server server;
  rondo::stream one, silent;
  if (unix_socket) {
    server = co_await rondo::start_tls_unix_server(handler, path, certificates::server());
    one = co_await rondo::open_unix_connection(path);
    silent = co_await rondo::open_unix_connection(path);
    co_await rondo::start_tls(one, certificates::client(), "localhost");
  } else {
    server = co_await rondo::start_tls_server(handler, "127.0.0.1", 0, certificates::server());
    one = co_await rondo::open_tls_connection("localhost", server.port(), certificates::client());
    silent = co_await rondo::open_connection("127.0.0.1", server.port());
  }
  co_await begun.wait();
  ready.set();
  if (out == way::cancelled_in_serve_forever) {
    co_await server.serve_forever();
    co_return;
  }
  auto body = [&]() -> rondo::task<> {
    if (out == way::cancelled) co_await rondo::event().wait();
  };
  co_await rondo::with_server(server, body, 0s);
}

TEST(tls_server_life, handlers_end_before_what_they_refer_to) {
  std::string path = certificates::folder() + "/socket";
  for (bool unix_socket : {false, true}) {
    for (way out : {way::returns, way::cancelled, way::cancelled_in_serve_forever}) {
      test::journal said;
      test::diagnostics reported;
      test::run([&]() -> rondo::task<> {
        reported.listen();
        rondo::event ready;
        auto running = rondo::create_task(program(out, unix_socket, path, said, ready));
        co_await ready.wait();
        co_await test::turns(2);
        running.cancel();
        co_await test::ended(running);
      });
      EXPECT_EQ(said.lines, (test::lines{"~handler", "~local"})) << static_cast<int>(out);
      EXPECT_EQ(reported.messages, test::lines{}) << static_cast<int>(out);
    }
  }
}

// The server goes at every turn of a handshake, also when its end has just come.
TEST(tls_server_life, a_handler_does_not_begin_after_its_server_has_gone) {
  for (int turn = 0; turn < 40; ++turn) {
    test::diagnostics reported;
    test::run([&]() -> rondo::task<> {
      reported.listen();
      bool gone = false;
      auto handler = [&](rondo::stream s) -> rondo::task<> {
        EXPECT_FALSE(gone) << "it began after turn " << turn;
        co_await s.read();
      };
      {
        auto server =
            co_await rondo::start_tls_server(handler, "127.0.0.1", 0, certificates::server());
        auto connect = [&](std::uint16_t port) -> rondo::task<> {
          try {
            auto s = co_await rondo::open_tls_connection("localhost", port, certificates::client());
            co_await s.read();
          } catch (const std::system_error&) {  // it ends with the server
          }
        };
        auto connecting = rondo::create_task(connect, server.port());
        co_await test::turns(turn);
        server = rondo::server();
        gone = true;
        co_await test::ended(connecting);
      }
    });
  }
}

}  // namespace
