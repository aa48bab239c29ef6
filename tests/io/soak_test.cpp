// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Cancellation against completion, many times: every byte, connection and item
// is accounted for, and nothing is left.
#include <dirent.h>
#include <unistd.h>
#include <cstring>
#include <random>
#include <string>

#include <rondo/io.hpp>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

#if defined(__OPTIMIZE__) && !RONDO_SANITIZED
constexpr int rounds = 100'000;
#else
constexpr int rounds = 10'000;
#endif

std::size_t open_fds() {
  std::size_t n = 0;
  DIR* d = ::opendir("/proc/self/fd");
  while (::readdir(d)) ++n;
  ::closedir(d);
  return n;
}

/// Deadlines around the time that an operation takes: some win, some lose.
std::chrono::nanoseconds short_time(std::mt19937& random) {
  return std::chrono::nanoseconds(std::uniform_int_distribution<int>(0, 40'000)(random));
}

TEST(soak, a_timeout_races_reads_and_no_byte_is_lost) {
  test::run([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto write_all = [&a = a]() -> rondo::task<> {
      for (int i = 0; i < rounds; ++i) {
        unsigned n = static_cast<unsigned>(i);
        co_await a.write({reinterpret_cast<const char*>(&n), sizeof n});
        if (i % 3 == 0) co_await rondo::sleep(0s);
      }
      a.close();
    };
    int cancelled = 0;
    auto read_all = [&b = b, &cancelled]() -> rondo::task<> {
      std::mt19937 random(1);
      unsigned expected = 0;
      while (true) {
        std::string got;
        // Each kind of read that has to hold what it has so far.
        if (expected % 2) {
          auto read = co_await rondo::move_on_after(b.read_exactly(4), short_time(random));
          if (!read) {
            ++cancelled;
            continue;
          }
          got = *read;
        } else {
          auto peeked = co_await rondo::move_on_after(b.peek(4), short_time(random));
          if (!peeked) {
            ++cancelled;
            continue;
          }
          if (peeked->size() < 4) break;
          got.resize(4);
          std::size_t n = co_await b.read_some(got);
          EXPECT_EQ(n, 4u);
        }
        unsigned n;
        std::memcpy(&n, got.data(), 4);
        if (n != expected) {
          ADD_FAILURE() << "number " << n << " instead of " << expected;
          break;
        }
        ++expected;
        if (expected == static_cast<unsigned>(rounds)) break;
      }
      EXPECT_EQ(expected, static_cast<unsigned>(rounds));
    };
    co_await rondo::gather(write_all(), read_all());
    EXPECT_GT(cancelled, 0) << "no read was cancelled: nothing was proved";
  });
}

TEST(soak, a_timeout_races_queue_get_and_no_item_is_lost) {
  test::run([]() -> rondo::task<> {
    rondo::queue<int> q(16);
    int cancelled = 0;
    auto produce = [&]() -> rondo::task<> {
      for (int i = 0; i < rounds; ++i) {
        co_await q.put(i);
        if (i % 16 == 0) co_await rondo::sleep(20us);
      }
    };
    auto consume = [&]() -> rondo::task<> {
      std::mt19937 random(2);
      for (int expected = 0; expected < rounds;) {
        auto item = co_await rondo::move_on_after(q.get(), short_time(random));
        if (!item) {
          ++cancelled;
          continue;
        }
        if (*item != expected) {
          ADD_FAILURE() << "item " << *item << " instead of " << expected;
          break;
        }
        ++expected;
      }
    };
    co_await rondo::gather(produce(), consume());
    EXPECT_GT(cancelled, 0);
  });
}

TEST(soak, connections_dropped_at_random_leave_nothing) {
  std::size_t before = open_fds();
  test::run([]() -> rondo::task<> {
    constexpr int connections = rounds / 10;
    int served = 0;
    int running = 0;
    auto handler = [&](rondo::stream s) -> rondo::task<> {
      struct count {
        int& n;
        explicit count(int& c) : n(c) { ++n; }
        ~count() { --n; }
      } counted(running);
      ++served;
      std::string much(200'000, 'x');
      try {
        while (true) {
          std::string got = co_await s.read(100);
          if (got.empty()) break;
          co_await s.write(much);
        }
      } catch (const std::system_error&) {
        // the peer dropped the connection
      }
    };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0, {.max_connections = 200});
    std::mt19937 random(3);
    auto client = [&](int i) -> rondo::task<> {
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      if (i % 4 == 0) co_return;
      co_await s.write("hello");
      auto time = std::chrono::microseconds(std::uniform_int_distribution<int>(0, 300)(random));
      co_await rondo::move_on_after(s.read_exactly(200'000), time);
      if (i % 4 == 1) {  // a reset in place of an orderly end
        linger hard{1, 0};
        ::setsockopt(s.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      }
    };
    std::vector<rondo::task_handle<>> clients;
    for (int i = 0; i < connections; ++i) {
      clients.push_back(rondo::create_task(client(i)));
      if (clients.size() == 50) {
        for (auto& c : clients) co_await rondo::wait(c);
        clients.clear();
      }
    }
    for (auto& c : clients) co_await rondo::wait(c);
    co_await server.close();
    EXPECT_EQ(running, 0);
    EXPECT_GT(served, connections / 2);
  });
  EXPECT_EQ(open_fds(), before) << "file descriptors leaked";
}

/// What became of connections to a server that was closed meanwhile. A connection
/// that was accepted is answered; one that was still in the kernel's queue is reset.
struct account {
  int answered = 0;
  int refused = 0;
  int reset = 0;
  int lost = 0;  // accepted and dropped: its end comes without an answer
  int total() const { return answered + refused + reset + lost; }
};

rondo::task<> connect_to(const rondo::server& server, account& all) {
  rondo::stream s;
  try {
    s = co_await rondo::open_connection(server.address());
  } catch (const std::system_error& e) {
    bool reset = e.code() == std::errc::connection_reset;
    EXPECT_TRUE(reset || e.code() == std::errc::connection_refused) << e.what();
    ++(reset ? all.reset : all.refused);
    co_return;
  }
  try {
    std::string got = co_await s.read();
    ++(got == "!" ? all.answered : all.lost);
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::connection_reset) << e.what();
    ++all.reset;
  }
}

// A loopback address of this process. On a shared one another process's server can
// get the port of ours as soon as it is closed, and with it our clients.
std::string own_address() {
  auto pid = static_cast<unsigned>(::getpid());
  auto byte = [](unsigned n) { return std::to_string(n & 255); };
  return "127." + byte(pid >> 16) + "." + byte(pid >> 8) + "." + byte(pid);
}

// Each server is closed while its clients connect.
enum class transport { unix_socket, tcp };
rondo::task<> close_while_clients_connect(transport over, int servers, int clients, account& all,
                                          int& handled) {
  std::mt19937 random(4);
  auto answer = [&handled](rondo::stream s) -> rondo::task<> {
    ++handled;
    co_await s.write("!");
  };
  std::vector<rondo::task_handle<>> connecting;
  for (int i = 0; i < servers; ++i) {
    rondo::server server;
    if (over == transport::tcp) {
      server = co_await rondo::start_server(answer, own_address(), 0);
    } else {
      server =
          co_await rondo::start_unix_server(answer, "@rondo-soak-" + std::to_string(::getpid()));
    }
    for (int n = 0; n < clients; ++n)
      connecting.push_back(rondo::create_task(connect_to(server, all)));
    // A local connection takes some turns only: most of the race is there.
    if (i % 2) {
      co_await rondo::sleep(short_time(random));
    } else {
      co_await test::turns(i / 2 % 8);
    }
    co_await server.close(10s);
    for (auto& c : connecting) co_await c;
    connecting.clear();
  }
}

// In each round a deadline, that of the server, races the acceptance of a connection.
TEST(soak, a_timeout_races_accept_and_no_connection_is_lost) {
  std::size_t before = open_fds();
  test::run([]() -> rondo::task<> {
    account all;
    int handled = 0;
    co_await close_while_clients_connect(transport::unix_socket, rounds, 1, all, handled);
    EXPECT_EQ(all.total(), rounds);
    EXPECT_EQ(all.lost, 0);
    EXPECT_EQ(all.answered, handled);
    EXPECT_GT(all.answered, rounds / 100);
    EXPECT_GT(all.refused + all.reset, rounds / 100);
  });
  EXPECT_EQ(open_fds(), before) << "file descriptors leaked";
}

// Fewer over TCP, whose connections keep their ports for a minute.
TEST(soak, a_timeout_races_accept_over_tcp) {
  std::size_t before = open_fds();
  test::run([]() -> rondo::task<> {
    account all;
    int handled = 0;
    constexpr int servers = rounds / 20;
    constexpr int clients = 4;
    co_await close_while_clients_connect(transport::tcp, servers, clients, all, handled);
    EXPECT_EQ(all.total(), servers * clients);
    EXPECT_EQ(all.lost, 0);
    EXPECT_EQ(all.answered, handled);
    EXPECT_GT(all.answered, 0);
    EXPECT_GT(all.refused + all.reset, 0);
  });
  EXPECT_EQ(open_fds(), before) << "file descriptors leaked";
}

}  // namespace
