// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What the handlers of a server refer to outlives them, whatever way its scope ends.
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <rondo/io.hpp>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::lines;

enum class way { returns, throws, cancelled };
enum class kept_by { with_server, serve_forever };

struct course {
  way out;
  kept_by how;
  bool unix_socket;
};

std::string name_of(const course& c) {
  const char* out = c.out == way::returns ? "return" : c.out == way::throws ? "throw" : "cancel";
  return std::string(out) + (c.how == kept_by::with_server ? ", with_server" : ", serve_forever") +
         (c.unix_socket ? ", unix" : ", tcp");
}

/// A program whose handlers use its locals, as it is written first.
rondo::task<> program(const course& c, std::string path, test::journal& said, rondo::event& ready,
                      rondo::event& go_on) {
  test::witness local(said, "local");
  int running = 0;
  auto handler = [&](rondo::stream s) -> rondo::task<> {
    test::witness handling(local.to, "handler");
    if (++running == 2) ready.set();
    co_await s.read();
  };
  rondo::server server;
  if (c.unix_socket) {
    server = co_await rondo::start_unix_server(handler, path);
  } else {
    server = co_await rondo::start_server(handler, "127.0.0.1", 0);
  }
  auto connect = [&]() -> rondo::task<rondo::stream> {
    if (c.unix_socket) co_return co_await rondo::open_unix_connection(path);
    co_return co_await rondo::open_connection("127.0.0.1", server.port());
  };
  rondo::stream one = co_await connect();
  rondo::stream two = co_await connect();
  if (c.how == kept_by::serve_forever) {
    co_await server.serve_forever();
    co_return;
  }
  auto body = [&](rondo::server&) -> rondo::task<> {
    co_await go_on.wait();
    if (c.out == way::throws) throw std::runtime_error("boom");
  };
  co_await rondo::with_server(server, body, 0s);
}

TEST(server_life, handlers_end_before_what_they_refer_to) {
  test::folder dir;
  for (bool unix_socket : {false, true}) {
    for (course c : {course{way::returns, kept_by::with_server, unix_socket},
                     course{way::throws, kept_by::with_server, unix_socket},
                     course{way::cancelled, kept_by::with_server, unix_socket},
                     course{way::cancelled, kept_by::serve_forever, unix_socket}}) {
      test::journal said;
      test::diagnostics reported;
      test::run([&]() -> rondo::task<> {
        reported.listen();
        rondo::event ready, go_on;
        auto running = rondo::create_task(program(c, dir / "s", said, ready, go_on));
        co_await ready.wait();
        if (c.out == way::cancelled) running.cancel();
        go_on.set();
        co_await test::ended(running);
        EXPECT_EQ(running.exception() != nullptr, c.out == way::throws) << name_of(c);
      });
      EXPECT_EQ(said.lines, (lines{"~handler", "~handler", "~local"})) << name_of(c);
      EXPECT_EQ(reported.messages, lines{}) << name_of(c);
    }
  }
}

TEST(server_life, the_end_of_run_waits_for_handlers) {
  for (kept_by how : {kept_by::serve_forever, kept_by::with_server}) {
    course c{way::cancelled, how, false};
    test::journal said;
    test::diagnostics reported;
    rondo::event ready, never;
    test::run([&]() -> rondo::task<> {
      reported.listen();
      rondo::create_task(program(c, "", said, ready, never));
      co_await ready.wait();
    });
    EXPECT_EQ(said.lines, (lines{"~handler", "~handler", "~local"})) << name_of(c);
    EXPECT_EQ(reported.messages, lines{}) << name_of(c);
  }
}

TEST(server_life, with_server_gives_what_its_body_does) {
  test::run([]() -> rondo::task<> {
    auto handler = [](rondo::stream) -> rondo::task<> { co_return; };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
    auto port = [](rondo::server& s) -> rondo::task<int> { co_return s.port(); };
    int told = co_await rondo::with_server(server, port);
    EXPECT_EQ(told, server.port());
    bool refused = false;
    try {
      auto none = co_await rondo::open_connection("127.0.0.1", server.port());
    } catch (const std::system_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused) << "it listens after with_server";
    // It is closed already; and a body needs no argument.
    auto text = []() -> rondo::task<std::string> { co_return "done"; };
    EXPECT_EQ(co_await rondo::with_server(server, text), "done");
  });
}

TEST(server_life, a_body_that_returns_gives_handlers_their_grace) {
  test::run([]() -> rondo::task<> {
    bool whole = false;
    rondo::event begun, end;
    auto handler = [&](rondo::stream) -> rondo::task<> {
      begun.set();
      co_await end.wait();
      whole = true;
    };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    auto ends = rondo::create_task(
        [](rondo::event& e) -> rondo::task<> {
          co_await test::turns(20);
          e.set();
        },
        std::ref(end));
    auto body = [&]() -> rondo::task<> { co_await begun.wait(); };
    co_await rondo::with_server(server, body, 60s);
    EXPECT_TRUE(whole);
  });
}

TEST(server_life, a_cancelled_serve_forever_gives_handlers_its_grace) {
  test::run([]() -> rondo::task<> {
    bool whole = false;
    rondo::event begun, end;
    auto handler = [&](rondo::stream) -> rondo::task<> {
      begun.set();
      co_await end.wait();
      whole = true;
    };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    auto serving = rondo::create_task(server.serve_forever(60s));
    co_await test::turns(2);  // it has begun
    co_await begun.wait();
    serving.cancel();
    co_await test::turns(20);
    EXPECT_FALSE(serving.done()) << "it did not wait";
    end.set();
    co_await test::ended(serving);
    EXPECT_TRUE(serving.cancelled());
    EXPECT_TRUE(whole);
    EXPECT_EQ(server.connections(), 0u);
  });
}

TEST(server_life, serve_forever_ends_when_the_last_handler_has_ended) {
  test::run([]() -> rondo::task<> {
    test::journal said;
    rondo::event begun;
    auto handler = [&](rondo::stream) -> rondo::task<> {
      test::witness w(said, "handler");
      begun.set();
      co_await rondo::event().wait();
    };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    auto close = [&]() -> rondo::task<> {
      co_await begun.wait();
      co_await server.close(10ms);
    };
    auto closing = rondo::create_task(close);
    co_await server.serve_forever();
    EXPECT_EQ(said.lines, lines{"~handler"});
    co_await closing;
  });
}

/// What is reported. With one_more, a connection has come whose handler has not begun.
lines destroy_with_two_handlers(bool one_more, std::string& name) {
  test::diagnostics reported;
  test::run([&]() -> rondo::task<> {
    reported.listen();
    rondo::event begun;
    int running = 0, ended = 0;
    auto handler = [&](rondo::stream s) -> rondo::task<> {
      struct count {
        int& n;
        ~count() { ++n; }
      } at_end{ended};
      if (++running == 2) begun.set();
      co_await s.read();
    };
    rondo::stream one, two, three;
    {
      auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
      name = server.address().to_string();
      one = co_await rondo::open_connection("127.0.0.1", server.port());
      two = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await begun.wait();
      if (one_more) three = co_await rondo::open_connection("127.0.0.1", server.port());
    }
    EXPECT_EQ(co_await one.read(), "");
    EXPECT_EQ(co_await two.read(), "");
    co_await test::turns(20);
    EXPECT_EQ(running, 2) << "a handler began after its server had gone";
    EXPECT_EQ(ended, 2);
  });
  EXPECT_EQ(reported.kinds, std::vector{rondo::problem::destroyed_in_use});
  return reported.messages;
}

TEST(server_life, one_that_is_destroyed_while_handlers_run_says_so) {
  std::string name;
  lines said = destroy_with_two_handlers(false, name);
  EXPECT_EQ(said, lines{"server on " + name +
                        " was destroyed while 2 connections run: "
                        "co_await close() first, or let with_server do it"});
}

TEST(server_life, a_handler_does_not_begin_after_its_server_has_gone) {
  std::string name;
  EXPECT_EQ(destroy_with_two_handlers(true, name).size(), 1u);
}

TEST(server_life, one_without_connections_is_destroyed_silently) {
  test::diagnostics reported;
  test::run([&]() -> rondo::task<> {
    reported.listen();
    auto handler = [](rondo::stream) -> rondo::task<> { co_return; };
    {
      auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      EXPECT_EQ(co_await s.read(), "");
      co_await test::turns(5);
    }
    co_await test::turns(5);
  });
  EXPECT_EQ(reported.messages, lines{});
}

}  // namespace
