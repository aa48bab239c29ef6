// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io.hpp>

#include <gtest/gtest.h>

#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> echo(rondo::stream s) {
  while (true) {
    std::string data = co_await s.read();
    if (data.empty()) break;
    co_await s.write(data);
  }
}

/// A connected pair: what the server's handler gets is handed out.
struct pair {
  rondo::server listener;
  rondo::stream client;
  rondo::stream served;
};

rondo::task<pair> connect_pair() {
  rondo::queue<rondo::stream> accepted(1);
  rondo::event done;
  auto handler = [&](rondo::stream s) -> rondo::task<> {
    co_await accepted.put(std::move(s));
    done.set();
  };
  pair p;
  p.listener = co_await rondo::start_server(handler, "127.0.0.1", 0);
  p.client = co_await rondo::open_connection("127.0.0.1", p.listener.port());
  p.served = co_await accepted.get();
  co_await done.wait();
  co_await p.listener.close();
  co_return p;
}

TEST(stream, echoes_through_a_server) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::start_server(echo, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    std::string sent(300'000, 'x');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i % 26);
    auto [nothing, got] = co_await rondo::gather(s.write(sent), s.read_exactly(sent.size()));
    EXPECT_TRUE(got == sent) << "the echo differs";
    s.shutdown_write();
    EXPECT_EQ(co_await s.read(), "");
    co_await server.close();
    EXPECT_EQ(server.connections(), 0u);
  });
}

TEST(stream, reads_lines_separators_and_the_end) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    co_await p.client.write("one\ntwo\r\n\r\nhea");
    EXPECT_EQ(co_await p.served.read_line(), "one\n");
    EXPECT_EQ(co_await p.served.read_until("\r\n\r\n"), "two\r\n\r\n");
    EXPECT_EQ(co_await p.served.read_exactly(2), "he");
    p.client.close();
    EXPECT_EQ(co_await p.served.read_line(), "a");
    EXPECT_EQ(co_await p.served.read_line(), "");
    try {
      co_await p.served.read_exactly(5);
      ADD_FAILURE() << "no error at the end of the stream";
    } catch (const rondo::incomplete_read_error& e) {
      EXPECT_EQ(e.partial(), "");
    }
  });
}

TEST(stream, a_line_over_the_limit_is_an_error_that_takes_nothing) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    p.served.set_limit(16);
    co_await p.client.write("0123456789abcdefghij\nnext\n");
    try {
      co_await p.served.read_line();
      ADD_FAILURE() << "no error";
    } catch (const rondo::limit_overrun_error& e) {
      EXPECT_NE(std::string(e.what()).find("no separator within 16 bytes"), std::string::npos)
          << e.what();
    }
    EXPECT_EQ(co_await p.served.read_exactly(4), "0123");
  });
}

TEST(stream, cancelled_reads_lose_no_byte) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    constexpr int rounds = 5'000;
    auto writer = [&]() -> rondo::task<> {
      for (int i = 0; i < rounds; ++i) {
        co_await p.client.write(std::to_string(i) + "\n");
        co_await rondo::sleep(0s);
      }
      p.client.shutdown_write();
    };
    int cancelled = 0;
    auto reader = [&]() -> rondo::task<> {
      int expected = 0;
      while (true) {
        // A deadline now and then in the past, at once, or never in time.
        auto line = co_await rondo::move_on_after(p.served.read_line(),
                                                  std::chrono::microseconds(expected % 40));
        if (!line) {
          ++cancelled;
          line = co_await p.served.read_line();
        }
        if (line->empty()) break;
        EXPECT_EQ(*line, std::to_string(expected) + "\n");
        ++expected;
      }
      EXPECT_EQ(expected, rounds);
    };
    co_await rondo::gather(writer(), reader());
    EXPECT_GT(cancelled, 0);
  });
}

TEST(stream, errors_name_the_operation_and_the_address) {
  test::run([]() -> rondo::task<> {
    std::uint16_t port = 0;
    {
      auto server = co_await rondo::start_server(echo, "127.0.0.1", 0);
      port = server.port();
      co_await server.close();
    }
    try {
      auto s = co_await rondo::open_connection("127.0.0.1", port);
      ADD_FAILURE() << "connected to a closed port";
    } catch (const std::system_error& e) {
      EXPECT_EQ(std::string(e.what()),
                "connect 127.0.0.1:" + std::to_string(port) + ": Connection refused");
    }
  });
}

TEST(stream, closing_ends_a_read_of_another_task) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    auto reading = rondo::create_task(p.client.read());
    co_await rondo::sleep(0s);
    p.client.close();
    auto ended = co_await rondo::outcome_of(reading);
    EXPECT_TRUE(ended.has_error()) << "a closed stream looked like a whole one";
  });
}

TEST(stream, two_readers_at_once_are_refused) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    auto first = rondo::create_task(p.client.read());
    co_await rondo::sleep(0s);
    auto second = co_await rondo::outcome_of(p.client.read());
    EXPECT_TRUE(second.has_error());
    first.cancel();
    co_await rondo::wait(first);
  });
}

TEST(stream, a_cancelled_operation_makes_room_though_its_handle_lives) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    auto reading = rondo::create_task(p.client.read());
    co_await rondo::sleep(0s);
    reading.cancel();
    co_await rondo::wait(reading);
    std::string much(20'000'000, 'x');
    auto writing = rondo::create_task(p.client.write(much));
    co_await rondo::sleep(0s);
    writing.cancel();
    co_await rondo::wait(writing);
    EXPECT_TRUE(writing.cancelled()) << "the kernel took it all";
    co_await p.served.write("next");
    EXPECT_EQ(co_await p.client.read(), "next");
    p.client.shutdown_write();
  });
}

TEST(server, no_handler_outlives_a_closed_server) {
  for (int turns = 0; turns < 8; ++turns) {
    test::run([&]() -> rondo::task<> {
      int running = 0;
      bool closed = false;
      auto handler = [&](rondo::stream s) -> rondo::task<> {
        EXPECT_FALSE(closed) << "a handler began after close(), " << turns << " turns";
        ++running;
        struct leave {
          int& n;
          ~leave() { --n; }
        } left{running};
        co_await s.read_exactly(1'000'000);
      };
      auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
      std::vector<rondo::stream> clients;
      for (int i = 0; i < 10; ++i)
        clients.push_back(co_await rondo::open_connection("127.0.0.1", server.port()));
      for (int i = 0; i < turns; ++i) co_await rondo::sleep(0s);
      co_await server.close(0s);
      closed = true;
      EXPECT_EQ(running, 0) << turns << " turns";
      for (int i = 0; i < 10; ++i) co_await rondo::sleep(0s);
    });
  }
}

TEST(server, close_cancels_handlers_after_the_grace) {
  test::run([]() -> rondo::task<> {
    bool unwound = false;
    auto handler = [&](rondo::stream s) -> rondo::task<> {
      struct flag {
        bool& f;
        ~flag() { f = true; }
      } set{unwound};
      co_await s.read_exactly(1'000'000);
    };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write("x");
    while (server.connections() == 0) co_await rondo::sleep(0s);
    co_await server.close(0s);
    EXPECT_TRUE(unwound);
  });
}

TEST(resolve, literals_and_hosts_file) {
  test::run([]() -> rondo::task<> {
    auto literal = co_await rondo::resolve("::1", 80);
    EXPECT_EQ(literal.at(0).to_string(), "[::1]:80");
    auto local = co_await rondo::resolve("localhost", 8080);
    EXPECT_FALSE(local.empty());
    for (auto& e : local) EXPECT_EQ(e.port(), 8080);
  });
}

TEST(resolve, an_unknown_name_is_an_error_with_the_name) {
  test::run([]() -> rondo::task<> {
    try {
      co_await rondo::resolve("nosuch.invalid", 80);
      ADD_FAILURE() << "it resolved";
    } catch (const std::system_error& e) {
      EXPECT_NE(std::string(e.what()).find("resolve nosuch.invalid: "), std::string::npos) << e.what();
    }
  });
}

}  // namespace
