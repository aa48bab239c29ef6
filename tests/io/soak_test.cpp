// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Cancellation against completion, many times: every byte, connection and item
// is accounted for, and nothing is left.
#include <cstring>
#include <dirent.h>
#include <random>
#include <set>

#include <rondo/io.hpp>

#include <gtest/gtest.h>

#include "support/run.hpp"

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

TEST(soak, a_timeout_races_accept_and_no_connection_is_lost) {
  std::size_t before = open_fds();
  test::run([]() -> rondo::task<> {
    constexpr int connections = rounds / 20;
    std::mt19937 random(4);
    int answered = 0;
    // A server that is closed while clients connect: each of them is answered, or
    // sees its connection end; none hangs.
    for (int done = 0; done < connections;) {
      auto answer = [](rondo::stream s) -> rondo::task<> { co_await s.write("!"); };
      auto server = co_await rondo::start_server(answer, "127.0.0.1", 0);
      auto client = [&]() -> rondo::task<> {
        try {
          auto s = co_await rondo::open_connection("127.0.0.1", server.port());
          std::string got = co_await s.read();
          answered += got == "!";
        } catch (const std::system_error&) {
          // refused, or reset: the server was gone
        }
      };
      std::vector<rondo::task_handle<>> clients;
      for (int i = 0; i < 20; ++i) clients.push_back(rondo::create_task(client()));
      done += 20;
      co_await rondo::sleep(short_time(random));
      co_await server.close(1s);
      for (auto& c : clients) co_await c;
    }
    EXPECT_GT(answered, 0);
  });
  EXPECT_EQ(open_fds(), before) << "file descriptors leaked";
}

}  // namespace
