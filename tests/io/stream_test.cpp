// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <thread>
#include <vector>

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

// Every kind of read, cancelled while a part of what it wants has come.
TEST(stream, what_a_cancelled_read_had_received_is_read_next) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    auto cancelled_after = [&](std::string part, auto read) -> rondo::task<> {
      auto reader = [&]() -> rondo::task<> { co_await read(); };
      auto r = rondo::create_task(reader());
      co_await rondo::sleep(0s);
      co_await p.client.write(part);
      // Until the reader has taken it from the kernel.
      for (int left = 1; left > 0; ::ioctl(p.served.fd(), FIONREAD, &left))
        co_await rondo::sleep(0s);
      for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
      EXPECT_FALSE(r.done());
      r.cancel();
      co_await rondo::wait(r);
      EXPECT_TRUE(r.cancelled());
    };
    auto exactly = [&] { return p.served.read_exactly(100); };
    auto until = [&] { return p.served.read_until("\r\n"); };
    auto line = [&] { return p.served.read_line(); };
    auto all = [&] { return p.served.read_all(100); };
    co_await cancelled_after("one ", exactly);
    co_await cancelled_after("two\r", until);
    co_await cancelled_after("three ", line);
    co_await cancelled_after("four ", all);
    char byte = 0;
    auto some = [&] { return p.served.read_some({&byte, 1}); };
    EXPECT_EQ(co_await p.served.read_exactly(19), "one two\rthree four ");
    co_await cancelled_after("", some);
    co_await p.client.write("end");
    EXPECT_EQ(co_await p.served.read_exactly(3), "end");
    EXPECT_EQ(byte, 0) << "a cancelled read wrote into its caller's memory";
  });
}

// The kernel's last answer comes before the number can be given to another.
TEST(stream, its_fd_is_closed_only_when_the_kernel_has_let_go_of_it) {
  test::run([]() -> rondo::task<> {
    pair p = co_await connect_pair();
    int fd = p.client.fd();
    auto reading = rondo::create_task(p.client.read());
    co_await rondo::sleep(0s);
    p.client.close();
    EXPECT_NE(::fcntl(fd, F_GETFD), -1) << "closed under the read that is in flight";
    EXPECT_EQ(co_await p.served.read(), "") << "the peer was not told";
    auto ended = co_await rondo::outcome_of(reading);
    EXPECT_TRUE(ended.has_error());
    reading = {};
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "leaked";
  });
}

std::size_t open_fds() {
  std::size_t n = 0;
  DIR* d = ::opendir("/proc/self/fd");
  while (::readdir(d)) ++n;
  ::closedir(d);
  return n;
}

TEST(stream, a_cancelled_open_connection_leaves_no_socket) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::start_server(echo, "127.0.0.1", 0);
    std::size_t before = open_fds();
    for (int i = 0; i < 200; ++i) {
      auto connect = rondo::create_task(rondo::open_connection(server.address()));
      for (int turns = 0; turns < i % 4; ++turns) co_await rondo::sleep(0s);
      connect.cancel();
      co_await rondo::wait(connect);
    }
    // The server's halves are at their end, too: they read it and close.
    while (server.connections() > 0) co_await rondo::sleep(1ms);
    EXPECT_LE(open_fds(), before);
    co_await server.close();
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

TEST(stream, several_separators_the_first_to_end_wins) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    co_await a.write("one\rtwo\r\nthree\nfour");
    EXPECT_EQ(co_await b.read_until("\n", "\r\n", "\r"), "one\r");
    EXPECT_EQ(co_await b.read_until("\n", "\r\n"), "two\r\n");
    EXPECT_EQ(co_await b.read_until("\r\n", "\n"), "three\n");
    a.close();
    auto rest = co_await rondo::outcome_of(b.read_until("\r\n", "\n"));
    EXPECT_TRUE(rest.has_error()) << "a part looked like a whole";
    auto empty = [&] { static_cast<void>(b.read_until("")); };
    EXPECT_THROW(empty(), rondo::usage_error);
  });
}

TEST(stream, a_separator_in_two_parts_is_found) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto reading = rondo::create_task(b.read_until("--end--"));
    for (std::string part : {"data-", "-en", "d", "--next"}) {
      co_await a.write(part);
      co_await rondo::sleep(1ms);
    }
    EXPECT_EQ(co_await reading, "data--end--");
    EXPECT_EQ(co_await b.read_exactly(4), "next");
  });
}

TEST(stream, peek_takes_nothing) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto peeking = rondo::create_task(b.peek(4));
    co_await a.write("GE");
    co_await rondo::sleep(1ms);
    EXPECT_FALSE(peeking.done()) << "two bytes were enough for peek(4)";
    co_await a.write("T /");
    EXPECT_EQ(co_await peeking, "GET ");
    EXPECT_EQ(co_await b.peek(1), "G");
    EXPECT_EQ(co_await b.read(), "GET /");
    co_await a.write("x");
    a.close();
    EXPECT_EQ(co_await b.peek(4), "x");
    EXPECT_EQ(co_await b.read_all(10), "x");
    auto [c, d] = rondo::socketpair();
    d.set_limit(8);
    auto far = co_await rondo::outcome_of(d.peek(9));
    EXPECT_TRUE(far.has_error()) << "a peek beyond the limit";
  });
}

TEST(stream, writelines_sends_every_piece_in_order) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    std::vector<std::string> owned;
    std::string all;
    for (int i = 0; i < 100; ++i) {
      // empty ones, short ones, and some larger than the socket's buffer
      owned.push_back(std::string(i % 10 == 9 ? 300'000 : static_cast<std::size_t>(i % 5),
                                  static_cast<char>('a' + i % 26)));
      all += owned.back();
    }
    std::vector<std::string_view> pieces(owned.begin(), owned.end());
    auto [nothing, got] = co_await rondo::gather(a.writelines(pieces), b.read_exactly(all.size()));
    EXPECT_TRUE(got == all) << "the pieces came otherwise";
    co_await a.writelines({});
    std::vector<std::string_view> empty(3);
    co_await a.writelines(empty);
    a.close();
    EXPECT_EQ(co_await b.read(), "");
  });
}

TEST(stream, read_some_takes_what_is_buffered_first) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    co_await a.write("line\nrest of it");
    EXPECT_EQ(co_await b.read_line(), "line\n");
    char into[4];
    std::string got;
    while (got.size() < 10) {
      std::size_t n = co_await b.read_some(into);
      EXPECT_GT(n, 0u);
      got.append(into, n);
    }
    EXPECT_EQ(got, "rest of it");
    a.close();
    EXPECT_EQ(co_await b.read_some(into), 0u);
    EXPECT_EQ(co_await b.read_some(into), 0u);
    EXPECT_EQ(co_await b.read_some({}), 0u);
  });
}

TEST(stream, more_connections_with_data_than_the_loop_lends_buffers) {
  test::run([]() -> rondo::task<> {
    constexpr int many = 400;
    std::vector<std::pair<rondo::stream, rondo::stream>> pairs;
    for (int i = 0; i < many; ++i) pairs.push_back(rondo::socketpair());
    auto read = [&](int i) -> rondo::task<std::string> {
      co_return co_await pairs[static_cast<std::size_t>(i)].second.read_exactly(6000);
    };
    std::vector<rondo::task_handle<std::string>> reads;
    for (int i = 0; i < many; ++i) reads.push_back(rondo::create_task(read(i)));
    co_await rondo::sleep(0s);
    for (int i = 0; i < many; ++i) {
      std::string data(6000, static_cast<char>('a' + i % 26));
      co_await pairs[static_cast<std::size_t>(i)].first.write(data);
    }
    for (int i = 0; i < many; ++i) {
      std::string got = co_await reads[static_cast<std::size_t>(i)];
      EXPECT_TRUE(got == std::string(6000, static_cast<char>('a' + i % 26))) << "connection " << i;
    }
  });
}

TEST(stream, a_fast_writer_does_not_starve_other_tasks) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    constexpr std::size_t size = 32 * 1024 * 1024;
    std::string data(size, 'x');
    auto writing = rondo::create_task(a.write(data));
    auto reading = rondo::create_task(b.read_exactly(size));
    int turns = 0;
    while (!reading.done()) {
      ++turns;
      co_await rondo::sleep(0s);
    }
    EXPECT_GT(turns, 20) << "32 MiB went through in so few turns of the loop";
    EXPECT_EQ((co_await reading).size(), size);
    co_await writing;
  });
}

TEST(stream, a_cancelled_write_lets_the_next_one_in) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    std::string much(8 * 1024 * 1024, 'x');
    auto writing = rondo::create_task(a.write(much));
    co_await rondo::sleep(0s);
    auto second = co_await rondo::outcome_of(a.write("y"));
    EXPECT_TRUE(second.has_error()) << "two writers at once";
    writing.cancel();
    co_await rondo::wait(writing);
    EXPECT_TRUE(writing.cancelled());
    auto reader = [&b = b]() -> rondo::task<std::size_t> {
      std::string all = co_await b.read_all(16 * 1024 * 1024);
      EXPECT_TRUE(all.ends_with("xy"));
      co_return all.size();
    };
    auto reading = rondo::create_task(reader());
    co_await a.write("y");
    a.close();
    EXPECT_LT(co_await reading, much.size()) << "it was not cancelled at all";
  });
}

TEST(unix_socket, echoes_and_removes_its_file) {
  test::run([]() -> rondo::task<> {
    std::string path = testing::TempDir() + "rondo_unix_" + std::to_string(getpid());
    auto server = co_await rondo::start_unix_server(echo, path);
    EXPECT_EQ(server.address().to_string(), path);
    {
      auto s = co_await rondo::open_unix_connection(path);
      EXPECT_EQ(s.peer().to_string(), path);
      co_await s.write("hello");
      EXPECT_EQ(co_await s.read_exactly(5), "hello");
    }
    auto again = co_await rondo::outcome_of(rondo::start_unix_server(echo, path));
    EXPECT_TRUE(again.has_error()) << "two servers on one socket";
    EXPECT_EQ(::access(path.c_str(), F_OK), 0) << "the failed start removed the file of another";
    co_await server.close();
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "the file is still there";
    try {
      auto s = co_await rondo::open_unix_connection(path);
      ADD_FAILURE() << "connected to nobody";
    } catch (const std::system_error& e) {
      EXPECT_EQ(std::string(e.what()), "connect " + path + ": No such file or directory");
    }
  });
}

TEST(unix_socket, the_file_of_a_dead_server_is_replaced) {
  test::run([]() -> rondo::task<> {
    std::string path = testing::TempDir() + "rondo_stale_" + std::to_string(getpid());
    rondo::endpoint address = rondo::endpoint::unix_path(path);
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(::bind(fd, address.data(), address.size()), 0);
    ::close(fd);
    auto server = co_await rondo::start_unix_server(echo, path);
    auto s = co_await rondo::open_unix_connection(path);
    co_await s.write("x");
    EXPECT_EQ(co_await s.read_exactly(1), "x");
    s.close();  // or the server waits for it
    co_await server.close();
  });
}

TEST(unix_socket, abstract_names_and_a_full_queue) {
  test::run([]() -> rondo::task<> {
    std::string name = "@rondo_" + std::to_string(getpid());
    auto server = co_await rondo::start_unix_server(echo, name, {.backlog = 1});
    std::vector<rondo::task_handle<rondo::stream>> all;
    for (int i = 0; i < 50; ++i)
      all.push_back(rondo::create_task(rondo::open_unix_connection(name)));
    for (auto& h : all) {
      rondo::stream s = co_await std::move(h);
      co_await s.write("x");
      EXPECT_EQ(co_await s.read_exactly(1), "x");
    }
    co_await server.close();
  });
}

TEST(server, listens_on_every_address_of_its_name) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::start_server(echo, "localhost", 0);
    for (const rondo::endpoint& address : server.addresses()) {
      EXPECT_EQ(address.port(), server.port()) << address.to_string();
      auto s = co_await rondo::open_connection(address);
      co_await s.write("x");
      EXPECT_EQ(co_await s.read_exactly(1), "x");
    }
    auto s = co_await rondo::open_connection("localhost", server.port());
    co_await s.write("x");
    EXPECT_EQ(co_await s.read_exactly(1), "x");
    s.close();  // or the server waits for it
    co_await server.close();
  });
}

TEST(open_connection, tries_the_next_address_when_one_refuses) {
  test::run([]() -> rondo::task<> {
    for (const char* only : {"127.0.0.1", "::1"}) {
      auto server = co_await rondo::start_server(echo, only, 0);
      auto s = co_await rondo::open_connection("localhost", server.port());
      EXPECT_EQ(s.peer().to_string(), server.address().to_string());
      s.close();  // or the server waits for it
      co_await server.close();
    }
    // Nobody listens on any: the error is that of the last.
    auto server = co_await rondo::start_server(echo, "localhost", 0);
    auto port = server.port();
    co_await server.close();
    auto refused = co_await rondo::outcome_of(rondo::open_connection("localhost", port));
    EXPECT_TRUE(refused.has_error()) << "connected to nobody";
  });
}

// The kernel may give a client the very port that it connects to; TCP then connects
// the socket to itself (RFC 9293, section 3.5: simultaneous open).
TEST(open_connection, to_a_port_without_a_server_never_reaches_itself) {
  test::run([]() -> rondo::task<> {
    // A port that the kernel gives to clients, and gives back at once.
    auto drop = [](rondo::stream) -> rondo::task<> { co_return; };
    auto server = co_await rondo::start_server(drop, "127.0.0.1", 0);
    auto client = co_await rondo::open_connection(server.address());
    rondo::endpoint nobody = client.local();
    linger reset{1, 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client.close();
    co_await server.close();
    // It gives one after the other: some 14,000 with Linux's default range.
    for (int i = 0; i < 20'000; ++i) {
      try {
        // Another process may have a server there by now.
        auto other = co_await rondo::open_connection(nobody);
        if (!(other.local() == nobody)) continue;
        ADD_FAILURE() << "attempt " << i << " connected " << nobody.to_string() << " to itself";
        break;
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::connection_refused) << e.what();
      }
    }
  });
}

TEST(open_connection, comes_from_the_address_that_it_is_told) {
  test::run([]() -> rondo::task<> {
    rondo::queue<std::string> peers(1);
    auto note = [&](rondo::stream s) -> rondo::task<> { co_await peers.put(s.peer().address()); };
    auto server = co_await rondo::start_server(note, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection(
        "127.0.0.1", server.port(),
        {.keep_alive = true, .local = *rondo::endpoint::parse("127.0.0.9", 0)});
    EXPECT_EQ(co_await peers.get(), "127.0.0.9");
    int on = 0;
    socklen_t size = sizeof on;
    ::getsockopt(s.fd(), SOL_SOCKET, SO_KEEPALIVE, &on, &size);
    EXPECT_EQ(on, 1);
    co_await server.close();
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

// One loop a core, which share nothing but the port.
TEST(server, loops_of_several_threads_share_a_port) {
  std::atomic<std::uint16_t> port{0};
  std::atomic<int> served[2] = {0, 0};
  std::atomic<bool> stop{false}, second_listens{false};
  auto loop = [&](int i) {
    test::run([&, i]() -> rondo::task<> {
      auto handler = [&, i](rondo::stream s) -> rondo::task<> {
        ++served[i];
        co_await s.write("x");
      };
      auto server = co_await rondo::start_server(handler, "127.0.0.1", port, {.reuse_port = true});
      port = server.port();
      if (i == 1) second_listens = true;
      while (!stop) co_await rondo::sleep(1ms);
      co_await server.close();
    });
  };
  std::thread first(loop, 0);
  while (port == 0) std::this_thread::yield();
  std::thread second(loop, 1);
  while (!second_listens) std::this_thread::yield();
  constexpr int clients = 64;  // the kernel deals them out by a hash of their ports
  test::run([&]() -> rondo::task<> {
    for (int i = 0; i < clients; ++i) {
      auto s = co_await rondo::open_connection("127.0.0.1", port);
      EXPECT_EQ(co_await s.read(), "x");
    }
  });
  stop = true;
  first.join();
  second.join();
  EXPECT_EQ(served[0] + served[1], clients);
  EXPECT_GT(served[0], 0);
  EXPECT_GT(served[1], 0);
}

TEST(server, says_when_it_was_not_started) {
  test::run([]() -> rondo::task<> {
    rondo::server s;
    EXPECT_THROW(static_cast<void>(s.address()), rondo::usage_error);
    EXPECT_THROW(static_cast<void>(s.port()), rondo::usage_error);
    EXPECT_THROW(static_cast<void>(s.connections()), rondo::usage_error);
    int refused = 0;
    for (int i = 0; i < 2; ++i) {
      try {
        if (i == 0) co_await s.serve_forever();
        if (i == 1) co_await s.close();
      } catch (const rondo::usage_error& e) {
        EXPECT_STREQ(e.what(), "server: it has not been started");
        ++refused;
      }
    }
    EXPECT_EQ(refused, 2);
  });
}

// A stream is its loop's, whatever another thread tries with it.
TEST(stream, is_refused_on_another_threads_loop) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    std::vector<std::string> said;
    auto attempt = [&said](auto use) {
      try {
        use();
        said.push_back("nothing");
      } catch (const rondo::usage_error& e) {
        said.push_back(e.what());
      }
    };
    std::thread([&, &mine = a] {
      attempt([&] { mine.close(); });
      attempt([&] { mine.shutdown_write(); });
      attempt([&] { mine.set_limit(1); });
      attempt([&] {
        auto write = [&]() -> rondo::task<> { co_await mine.write("x"); };
        test::run(write());
      });
      attempt([&] {
        auto read = [&]() -> rondo::task<> { co_await mine.read(); };
        test::run(read());
      });
    }).join();
    EXPECT_EQ(said.size(), 5u);
    for (const std::string& s : said)
      EXPECT_NE(s.find("belongs to another thread's loop"), std::string::npos) << s;
    // It has taken no harm.
    co_await b.write("still here");
    std::string got = co_await a.read();
    EXPECT_EQ(got, "still here");
  });
}

TEST(stream, made_in_one_run_may_be_used_in_the_next) {
  auto pair = test::run([]() -> rondo::task<std::pair<rondo::stream, rondo::stream>> {
    co_return rondo::socketpair();
  });
  std::thread([&] {
    test::run([&]() -> rondo::task<> {
      co_await pair.first.write("x");
      std::string got = co_await pair.second.read();
      EXPECT_EQ(got, "x");
      pair.first.close();
    });
  }).join();
}

TEST(stream_death, destroyed_on_another_thread_names_it) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(test::run([]() -> rondo::task<> {
                 auto pair = rondo::socketpair();
                 std::thread([s = std::move(pair.first)] {}).join();
                 co_return;
               }),
               "rondo: fatal: the stream .* was destroyed on a thread that is not its loop's");
}

}  // namespace
