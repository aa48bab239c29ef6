// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes over TLS: whole, in order, in spite of cancellation and of peers.
#include <gtest/gtest.h>

#include "support/tls.hpp"

using test::certificates;
using namespace std::chrono_literals;

namespace {

rondo::task<test::stream_pair> connect_pair() {
  co_return co_await test::tls_pair(certificates::client(), certificates::server());
}

rondo::task<> echo(rondo::stream& s) {
  while (true) {
    std::string data = co_await s.read();
    if (data.empty()) break;
    co_await s.write(data);
  }
  s.shutdown_write();
}

/// Passes on what comes, at most n bytes at a time, and then its end.
rondo::task<> pass_on(rondo::stream& from, rondo::stream& to, std::size_t n) {
  while (true) {
    std::string data = co_await from.read(n);
    if (data.empty()) break;
    co_await to.write(data);
  }
  to.shutdown_write();
}

/// A connection through somebody who cuts it into pieces of n bytes.
rondo::task<> cut_into(std::size_t n, std::size_t size) {
  auto [a, b] = rondo::socketpair();
  auto [c, d] = rondo::socketpair();
  rondo::stream client = std::move(a);
  rondo::stream near = std::move(b);
  rondo::stream far = std::move(c);
  rondo::stream server = std::move(d);
  std::string sent = test::pattern(size);
  auto client_side = [&]() -> rondo::task<> {
    co_await rondo::start_tls(client, certificates::client(), "localhost");
    auto write = [&]() -> rondo::task<> {
      co_await client.write(sent);
      client.shutdown_write();
    };
    auto [nothing, got] = co_await rondo::gather(write(), client.read_all(2 * size));
    EXPECT_TRUE(got == sent) << "cut into pieces of " << n << " it came back otherwise";
  };
  auto server_side = [&]() -> rondo::task<> {
    co_await rondo::start_tls(server, certificates::server());
    co_await echo(server);
  };
  co_await rondo::gather(client_side(), server_side(), pass_on(near, far, n),
                         pass_on(far, near, n));
}

TEST(tls_stream, records_may_be_cut_anywhere) {
  test::run([]() -> rondo::task<> {
    co_await cut_into(1, 3'000);
    std::vector<std::size_t> pieces{2, 3, 5, 7, 100, 1000, 4095, 4096, 4097, 16384, 20000};
    for (std::size_t n : pieces) co_await cut_into(n, n < 100 ? 20'000 : 200'000);
  });
}

TEST(tls_stream, megabytes_both_ways) {
  test::run([]() -> rondo::task<> {
    rondo::tls_context ctx = certificates::server();
    auto handler = [](rondo::stream s) -> rondo::task<> { co_await echo(s); };
    auto server = co_await rondo::start_tls_server(handler, "127.0.0.1", 0, ctx);
    std::vector<std::size_t> sizes{1 << 20, 20 << 20};
    for (std::size_t size : sizes) {
      auto s =
          co_await rondo::open_tls_connection("localhost", server.port(), certificates::client());
      std::string sent = test::pattern(size);
      auto [nothing, got] = co_await rondo::gather(s.write(sent), s.read_exactly(size));
      EXPECT_TRUE(got == sent) << size << " bytes came back otherwise";
      s.shutdown_write();
      EXPECT_EQ(co_await s.read(), "");
    }
    co_await server.close();
  });
}

TEST(tls_stream, lines_pieces_and_the_callers_memory) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    std::vector<std::string_view> pieces{"one\n", "", "two\r\n\r\n", "rest"};
    co_await p.client.writelines(pieces);
    co_await p.client.write("");
    p.client.shutdown_write();
    EXPECT_EQ(co_await p.server.read_line(), "one\n");
    EXPECT_EQ(co_await p.server.read_until("\r\n\r\n"), "two\r\n\r\n");
    EXPECT_EQ(co_await p.server.peek(2), "re");
    char into[3];
    EXPECT_EQ(co_await p.server.read_some(into), 3u);
    EXPECT_EQ(std::string(into, 3), "res");
    EXPECT_EQ(co_await p.server.read_some(into), 1u);
    EXPECT_EQ(co_await p.server.read_some(into), 0u);
  });
}

// Encrypted piece by piece; between two pieces the output is still its own.
TEST(tls_stream, a_file_is_sent_and_nothing_comes_between) {
  std::string content = test::pattern(10 << 20);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::temporary_file();
    co_await f.write(content);
    test::stream_pair p = co_await connect_pair();
    auto sending = rondo::create_task(rondo::send_file(p.client, f, 1));
    std::string got = co_await p.server.read_exactly(1);
    while (got.size() < content.size() - 1) {
      if (got.size() < 5 << 20) {  // it has not ended: a socket's buffers are small
        auto write = co_await rondo::outcome_of(p.client.write("x"));
        EXPECT_THROW(std::move(write).get(), rondo::usage_error);
        EXPECT_THROW(p.client.shutdown_write(), rondo::usage_error);
      }
      got += co_await p.server.read();
    }
    EXPECT_TRUE(got == content.substr(1)) << got.size() << " bytes came";
    EXPECT_EQ(co_await sending, content.size() - 1);
    auto beyond = co_await rondo::outcome_of(rondo::send_file(p.client, f, 10 << 20, 1));
    EXPECT_THROW(std::move(beyond).get(), rondo::incomplete_read_error);
    co_await p.client.write("after it");
    EXPECT_EQ(co_await p.server.read(), "after it");
  });
}

// A record that a cancellation has cut goes out whole before what is written next.
TEST(tls_stream, a_cancelled_send_file_leaves_the_connection_whole) {
  std::string content = test::pattern(4 << 20);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::temporary_file();
    co_await f.write(content);
    std::size_t fds = test::open_fds();
    for (int round = 0; round < 50; ++round) {
      test::stream_pair p = co_await connect_pair();
      auto sending = rondo::create_task(rondo::send_file(p.client, f));
      auto reading = rondo::create_task(p.server.read_all(64 << 20));
      co_await rondo::sleep(std::chrono::microseconds(round * 50));
      sending.cancel();
      co_await test::ended(sending);
      co_await p.client.write("!");
      p.client.close();
      std::string got = co_await reading;
      EXPECT_TRUE(got.ends_with('!'));
      if (got.ends_with('!')) got.pop_back();
      EXPECT_TRUE(got == std::string_view(content).substr(0, got.size())) << got.size();
    }
    EXPECT_EQ(test::open_fds(), fds);
  });
}

TEST(tls_stream, the_end_of_one_direction_is_not_that_of_the_other) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    p.client.shutdown_write();
    EXPECT_EQ(co_await p.server.read(), "");
    co_await p.server.write("still here");
    EXPECT_EQ(co_await p.client.read(), "still here");
    try {
      co_await p.client.write("x");
      ADD_FAILURE() << "wrote after the end";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::broken_pipe);
    }
    p.server.close();
    EXPECT_EQ(co_await p.client.read(), "");
  });
}

TEST(tls_stream, an_end_without_close_notify_is_an_error_after_the_data) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto [c, d] = rondo::socketpair();
    rondo::stream client = std::move(a);
    rondo::stream near = std::move(b);
    rondo::stream far = std::move(c);
    rondo::stream server = std::move(d);
    auto cutter = rondo::create_task([&]() -> rondo::task<> {
      co_await rondo::gather(pass_on(near, far, 10'000), pass_on(far, near, 10'000));
    });
    co_await rondo::gather(rondo::start_tls(client, certificates::client(), "localhost"),
                           rondo::start_tls(server, certificates::server()));
    co_await server.write("a line\nhalf of anoth");
    EXPECT_EQ(co_await client.peek(20), "a line\nhalf of anoth");
    cutter.cancel();
    co_await test::ended(cutter);
    near.close();
    EXPECT_EQ(co_await client.read_line(), "a line\n");
    for (int i = 0; i < 2; ++i) {
      try {
        co_await client.read_line();
        ADD_FAILURE() << "a cut connection looked like a whole one";
      } catch (const rondo::tls_error& e) {
        EXPECT_EQ(e.code(), rondo::tls_errc::truncated);
        EXPECT_EQ(std::string(e.what()),
                  "read from localhost: the connection ended without close_notify; data may be "
                  "missing");
      }
    }
    EXPECT_EQ(co_await client.read(), "half of anoth") << "what came before is not lost";
  });
}

TEST(tls_stream, what_was_forged_is_an_error_after_the_data) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto [c, d] = rondo::socketpair();
    rondo::stream client = std::move(a);
    rondo::stream near = std::move(b);
    rondo::stream far = std::move(c);
    rondo::stream server = std::move(d);
    bool forging = false;
    auto forge = [&]() -> rondo::task<> {
      while (true) {
        std::string data = co_await far.read();
        if (data.empty()) break;
        if (forging) data.back() ^= 1;
        co_await near.write(data);
      }
    };
    auto forger = rondo::create_task(forge);
    auto passer = rondo::create_task(pass_on(near, far, 10'000));
    co_await rondo::gather(rondo::start_tls(client, certificates::client(), "localhost"),
                           rondo::start_tls(server, certificates::server()));
    co_await server.write("true");
    EXPECT_EQ(co_await client.peek(4), "true");
    forging = true;
    co_await server.write("false");
    try {
      co_await client.read_exactly(5);
      ADD_FAILURE() << "a forged record was read";
    } catch (const rondo::tls_error& e) {
      EXPECT_EQ(std::string(e.what()), "read from localhost: decryption failed or bad record mac");
    }
    EXPECT_EQ(co_await client.read(), "true");
    // The other end is told.
    try {
      co_await server.read();
      ADD_FAILURE() << "no alert";
    } catch (const rondo::tls_error& e) {
      EXPECT_EQ(e.code(), rondo::tls_errc::alert_received) << e.what();
    }
    forger.cancel();
    passer.cancel();
    co_await test::ended(forger);
    co_await test::ended(passer);
  });
}

TEST(tls_stream, cancelled_reads_lose_no_byte) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    constexpr std::size_t size = 2'000'000;
    std::string sent = test::pattern(size);
    auto write = [&]() -> rondo::task<> {
      std::string_view rest = sent;
      for (std::size_t n = 1; !rest.empty(); n = n * 7 % 9973 + 1) {
        std::string_view part = rest.substr(0, n);
        co_await p.server.write(part);
        rest.remove_prefix(part.size());
        if (n % 3 == 0) co_await rondo::sleep(0s);
      }
      p.server.shutdown_write();
    };
    int cancelled = 0;
    std::string got;
    auto read = [&]() -> rondo::task<> {
      for (int i = 0;; ++i) {
        auto part =
            co_await rondo::move_on_after(p.client.read(5'000), std::chrono::microseconds(i % 40));
        if (!part) {
          ++cancelled;
          continue;
        }
        if (part->empty()) break;
        got += *part;
      }
    };
    co_await rondo::gather(write(), read());
    EXPECT_TRUE(got == sent) << got.size() << " of " << size << " bytes";
    EXPECT_GT(cancelled, 0);
  });
}

TEST(tls_stream, a_cancelled_write_leaves_whole_records) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    // Every write says which it is and how long; what a cancelled one has sent is
    // a beginning of it.
    std::string filler = test::pattern(300'000);
    std::string got;
    auto read = [&]() -> rondo::task<> {
      for (int i = 0;; ++i) {
        std::string part = co_await p.server.read(20'000);
        if (part.empty()) break;
        got += part;
        if (i % 2) co_await rondo::sleep(0s);
      }
    };
    std::string expected;  // of the writes that were not cancelled
    int cancelled = 0;
    std::vector<std::size_t> complete;
    auto write = [&]() -> rondo::task<> {
      for (int i = 0; i < 300; ++i) {
        auto done = co_await rondo::move_on_after(p.client.write(filler),
                                                  std::chrono::microseconds(i * 7 % 200));
        if (!done) ++cancelled;
        co_await p.client.write("END" + std::to_string(i) + ";");
      }
      p.client.shutdown_write();
    };
    co_await rondo::gather(write(), read());
    EXPECT_GT(cancelled, 0);
    std::size_t at = 0;
    for (int i = 0; i < 300; ++i) {
      std::string mark = "END" + std::to_string(i) + ";";
      std::size_t end = got.find(mark, at);
      EXPECT_NE(end, got.npos) << "write " << i << " is missing";
      if (end == got.npos) break;
      EXPECT_TRUE(got.compare(at, end - at, filler, 0, end - at) == 0)
          << "write " << i << " is not a beginning of what was written";
      at = end + mark.size();
    }
    EXPECT_EQ(at, got.size());
  });
}

TEST(tls_stream, reading_and_writing_at_once_under_cancellation) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    std::string sent = test::pattern(1'000'000);
    auto server = rondo::create_task([&]() -> rondo::task<> { co_await echo(p.server); });
    auto write = [&]() -> rondo::task<> {
      co_await p.client.write(sent);
      p.client.shutdown_write();
    };
    std::string got;
    auto read = [&]() -> rondo::task<> {
      for (int i = 0;; ++i) {
        auto part =
            co_await rondo::move_on_after(p.client.read(), std::chrono::microseconds(i % 25));
        if (!part) continue;
        if (part->empty()) break;
        got += *part;
      }
    };
    co_await rondo::gather(write(), read());
    EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size() << " bytes";
    co_await server;
  });
}

TEST(tls_stream, closing_ends_a_read_of_another_task) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    auto reading = rondo::create_task(p.client.read());
    co_await rondo::sleep(0s);
    p.client.close();
    auto ended = co_await rondo::outcome_of(reading);
    EXPECT_TRUE(ended.has_error()) << "a closed stream looked like a whole one";
    EXPECT_EQ(co_await p.server.read(), "") << "no close_notify";
  });
}

TEST(tls_stream, closing_ends_a_handshake_of_another_task) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    rondo::stream one = std::move(a);
    rondo::stream silent = std::move(b);
    auto shaking = rondo::create_task(rondo::start_tls(one, certificates::client(), "localhost"));
    co_await rondo::sleep(0s);
    one.close();
    auto ended = co_await rondo::outcome_of(shaking);
    EXPECT_TRUE(ended.has_error());
  });
}

TEST(tls_stream, last_words_wait_for_room) {
  test::run([]() -> rondo::task<> {
    std::size_t fds = test::open_fds();
    std::string got;
    std::string sent = test::pattern(3'000'000);
    {
      test::stream_pair p = co_await connect_pair();
      // As much as the kernel and a record take, then the rest is left behind.
      auto done = co_await rondo::move_on_after(p.client.write(sent), 20ms);
      EXPECT_FALSE(done.has_value()) << "the kernel took it all";
      p.client.close();
      got = co_await p.server.read_all(sent.size());
      EXPECT_GT(got.size(), 0u);
      EXPECT_TRUE(sent.starts_with(got));
    }
    co_await test::turns(20);
    EXPECT_EQ(test::open_fds(), fds);
  });
}

TEST(tls_stream, last_words_after_shutdown_write_go_once) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    std::string sent = test::pattern(3'000'000);
    auto done = co_await rondo::move_on_after(p.client.write(sent), 20ms);
    EXPECT_FALSE(done.has_value()) << "the kernel took it all";
    p.client.shutdown_write();
    co_await rondo::sleep(0s);
    p.client.close();
    std::string got = co_await p.server.read_all(sent.size());
    EXPECT_TRUE(sent.starts_with(got));
  });
}

TEST(tls_stream, who_only_writes_and_closes_is_heard) {
  // The server's session tickets are unread then: that must not reset the connection.
  test::run([]() -> rondo::task<> {
    std::string sent = test::pattern(30'000);
    constexpr int connections = 100;
    rondo::queue<std::string> heard(connections);
    auto handler = [&](rondo::stream s) -> rondo::task<> {
      std::string got;
      try {
        got = co_await s.read_all(100'000);
      } catch (const std::system_error& e) {
        got = e.what();
      }
      co_await heard.put(got);
    };
    auto server = co_await rondo::start_tls_server(handler, "127.0.0.1", 0, certificates::server());
    auto client = certificates::client();
    for (int i = 0; i < connections; ++i) {
      auto s = co_await rondo::open_tls_connection("localhost", server.port(), client);
      if (i % 2) co_await rondo::sleep(0s);
      co_await s.write(sent);
    }
    for (int i = 0; i < connections; ++i) {
      std::string got = co_await heard.get();
      EXPECT_TRUE(got == sent) << "connection " << i << ": " << got.size() << " bytes "
                               << got.substr(0, 200);
    }
    co_await server.close();
  });
}

TEST(tls_stream, a_peer_cannot_fill_our_memory) {
  test::run([]() -> rondo::task<> {
    test::stream_pair p = co_await connect_pair();
    std::string sent = test::pattern(10'000'000);
    auto writing = rondo::create_task([&]() -> rondo::task<> { co_await p.server.write(sent); });
    std::size_t most = 0;
    std::string got;
    while (got.size() < 2'000'000) {
      got += co_await p.client.read(1000);
      most = std::max(most, p.client.internal()->buffered().size());
    }
    EXPECT_TRUE(sent.starts_with(got));
    EXPECT_LT(most, 100'000u);
    writing.cancel();
    co_await test::ended(writing);
  });
}

TEST(tls_stream, start_tls_takes_what_was_read_ahead) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto [c, d] = rondo::socketpair();
    rondo::stream client = std::move(a);
    rondo::stream near = std::move(b);
    rondo::stream far = std::move(c);
    rondo::stream server = std::move(d);
    auto client_side = [&]() -> rondo::task<> {
      co_await client.write("STARTTLS\r\n");
      co_await rondo::start_tls(client, certificates::client(), "localhost");
      co_await client.write("now in private");
      EXPECT_EQ(co_await client.read(), "good");
      client.shutdown_write();
    };
    auto join = [&]() -> rondo::task<> {
      // The command and the ClientHello in one segment.
      std::string first = co_await near.read_exactly(200);
      co_await far.write(first);
      co_await pass_on(near, far, 10'000);
    };
    auto server_side = [&]() -> rondo::task<> {
      EXPECT_EQ(co_await server.read_line(), "STARTTLS\r\n");
      EXPECT_GE(server.internal()->buffered().size(), 190u) << "nothing was read ahead";
      co_await rondo::start_tls(server, certificates::server());
      EXPECT_EQ(co_await server.read(), "now in private");
      co_await server.write("good");
      EXPECT_EQ(co_await server.read(), "");
      server.shutdown_write();
    };
    co_await rondo::gather(client_side(), server_side(), join(), pass_on(far, near, 10'000));
  });
}

TEST(tls_stream, what_was_read_ahead_may_be_all_of_it) {
  // The client says everything at once: its hello is followed by data and an end
  // that the server has in its buffer when TLS begins.
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    rondo::stream client = std::move(a);
    rondo::stream server = std::move(b);
    co_await client.write("garbage that is not TLS");
    client.shutdown_write();
    EXPECT_EQ((co_await server.peek(30)).size(), 23u);
    try {
      co_await rondo::start_tls(server, certificates::server());
      ADD_FAILURE() << "garbage was taken for a handshake";
    } catch (const rondo::tls_error& e) {
      EXPECT_EQ(e.code(), rondo::tls_errc::protocol) << e.what();
    }
  });
}

}  // namespace
