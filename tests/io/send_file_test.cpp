// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::error_text;
using test::folder;
using test::open_fds;

constexpr std::size_t megabyte = 1024 * 1024;

/// Bytes that differ from place to place.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  unsigned seed = 7;
  for (char& c : bytes) {
    seed = seed * 1664525u + 1013904223u;
    c = static_cast<char>(seed >> 24);
  }
  return bytes;
}

void make_file(const std::string& path, std::string_view content, bool cached = true) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  while (!content.empty()) {
    ssize_t n = ::write(fd, content.data(), content.size());
    if (n <= 0) break;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  EXPECT_TRUE(content.empty()) << "could not write " << path;
  if (!cached) {
    ::fsync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  }
  ::close(fd);
}

struct pair {
  rondo::stream client;
  rondo::stream server;
};

enum class over { tcp, unix_socket, pipe };

rondo::task<pair> connect(over how) {
  pair p;
  if (how == over::pipe) {
    std::tie(p.server, p.client) = rondo::open_pipe();
  } else if (how == over::unix_socket) {
    std::tie(p.server, p.client) = rondo::socketpair();
  } else {
    rondo::queue<rondo::stream> accepted(1);
    auto handler = [&](rondo::stream s) -> rondo::task<> { co_await accepted.put(std::move(s)); };
    auto listener = co_await rondo::start_server(handler, "127.0.0.1", 0);
    p.client = co_await rondo::open_connection("127.0.0.1", listener.port());
    p.server = co_await accepted.get();
    co_await listener.close();
  }
  co_return p;
}

/// Sends, closes, and gives what the other end has got.
rondo::task<std::string> sent(over how, rondo::file& f, std::uint64_t offset = 0,
                              std::optional<std::uint64_t> count = {}) {
  pair p = co_await connect(how);
  std::uint64_t said = 0;
  auto send = [&]() -> rondo::task<> {
    said = co_await rondo::send_file(p.client, f, offset, count);
    p.client.close();
  };
  auto [nothing, got] = co_await rondo::gather(send(), p.server.read_all(64 * megabyte));
  EXPECT_EQ(said, got.size());
  co_return got;
}

class send_file : public testing::TestWithParam<over> {};
INSTANTIATE_TEST_SUITE_P(all, send_file, testing::Values(over::tcp, over::unix_socket, over::pipe),
                         [](const auto& info) {
                           return std::string(info.param == over::tcp    ? "tcp"
                                              : info.param == over::pipe ? "pipe"
                                                                         : "unix_socket");
                         });

TEST_P(send_file, sends_what_the_file_holds_from_and_to_anywhere) {
  folder dir;
  std::string content = pattern(10 * megabyte + 77);
  make_file(dir / "f", content);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    f.seek(1234);
    std::string all = co_await sent(GetParam(), f);
    EXPECT_TRUE(all == content) << all.size() << " bytes came";
    struct part {
      std::uint64_t offset, count;
    };
    const std::vector<part> parts{{0, 10},
                                  {5, 0},
                                  {4097, 100'000},
                                  {1, 256 * 1024},
                                  {3, 256 * 1024 + 1},
                                  {777, 3 * megabyte},
                                  {megabyte, 9 * megabyte + 77}};
    for (part at : parts) {
      std::string got = co_await sent(GetParam(), f, at.offset, at.count);
      EXPECT_TRUE(got == std::string_view(content).substr(at.offset, at.count))
          << at.count << " from " << at.offset << ": " << got.size() << " came, or others";
    }
    std::vector<std::uint64_t> offsets{megabyte - 1, 10 * megabyte};
    for (std::uint64_t offset : offsets) {
      std::string rest = co_await sent(GetParam(), f, offset);
      EXPECT_TRUE(rest == std::string_view(content).substr(offset)) << "from " << offset;
    }
    std::vector<std::uint64_t> beyond{content.size(), content.size() + 1, 1ull << 40, INT64_MAX};
    for (std::uint64_t offset : beyond) {
      std::string none = co_await sent(GetParam(), f, offset);
      EXPECT_EQ(none, "") << "from " << offset;
      none = co_await sent(GetParam(), f, offset, 0);
      EXPECT_EQ(none, "") << "nothing from " << offset;
    }
    EXPECT_EQ(f.position(), 1234u);
  });
}

TEST_P(send_file, sends_what_is_on_the_disk_only_and_what_has_no_size) {
  folder dir;
  std::string content = pattern(5 * megabyte);
  make_file(dir / "f", content, false);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    std::string got = co_await sent(GetParam(), f);
    EXPECT_TRUE(got == content) << got.size() << " bytes came";
    rondo::file version = co_await rondo::open_file("/proc/version");
    got = co_await sent(GetParam(), version);
    EXPECT_NE(got.find("Linux"), got.npos) << got;
  });
}

// What there is goes out all the same: whoever counts on count bytes must hear of it.
TEST_P(send_file, a_file_that_ends_before_the_count_is_an_error_that_names_it) {
  folder dir;
  std::vector<std::size_t> sizes{0, 1000, 2 * megabyte};
  for (std::size_t size : sizes) {
    make_file(dir / "f", pattern(size));
    test::run([&]() -> rondo::task<> {
      rondo::file f = co_await rondo::open_file(dir / "f");
      pair p = co_await connect(GetParam());
      std::string error;
      auto send = [&]() -> rondo::task<> {
        auto result = co_await rondo::outcome_of(rondo::send_file(p.client, f, 0, size + 1));
        error = error_text(std::move(result));
        p.client.close();
      };
      auto [nothing, got] = co_await rondo::gather(send(), p.server.read_all(64 * megabyte));
      EXPECT_EQ(got.size(), size);
      EXPECT_NE(error.find("send " + (dir / "f") + " to "), error.npos) << error;
      EXPECT_NE(error.find("the file ended after " + std::to_string(size) + " bytes of " +
                           std::to_string(size + 1)),
                error.npos)
          << error;
    });
  }
}

TEST_P(send_file, a_file_may_shrink_or_grow_meanwhile) {
  folder dir;
  std::string content = pattern(16 * megabyte);
  test::run([&]() -> rondo::task<> {
    for (bool with_count : {false, true}) {
      make_file(dir / "f", content);
      rondo::file f = co_await rondo::open_file(dir / "f");
      pair p = co_await connect(GetParam());
      std::optional<std::uint64_t> count;
      if (with_count) count = content.size();
      auto sending = rondo::create_task(rondo::send_file(p.client, f, 0, count));
      co_await p.server.read_exactly(1);  // it is under way, and no buffer takes all of it
      EXPECT_EQ(::truncate((dir / "f").c_str(), 14 * megabyte), 0);
      auto read = [&]() -> rondo::task<std::size_t> {
        std::string rest = co_await p.server.read_all(64 * megabyte);
        EXPECT_TRUE(rest == std::string_view(content).substr(1, rest.size()));
        co_return rest.size() + 1;
      };
      auto reading = rondo::create_task(read());
      auto result = co_await rondo::outcome_of(sending);
      p.client.close();
      std::size_t got = co_await reading;
      EXPECT_EQ(got, 14 * megabyte);
      if (with_count) {
        std::string error = error_text(std::move(result));
        EXPECT_NE(error.find("the file ended after 14680064 bytes of 16777216"), error.npos)
            << error;
      } else {
        EXPECT_EQ(std::move(result).get(), got);
      }
    }
    make_file(dir / "f", std::string_view(content).substr(0, 14 * megabyte));
    rondo::file f = co_await rondo::open_file(dir / "f");
    pair p = co_await connect(GetParam());
    auto sending = rondo::create_task(rondo::send_file(p.client, f));
    std::string first = co_await p.server.read_exactly(1);
    rondo::file end = co_await rondo::open_file(dir / "f", rondo::file_mode::read_write);
    co_await end.pwrite(std::string_view(content).substr(14 * megabyte), 14 * megabyte);
    std::string rest = co_await p.server.read_exactly(content.size() - 1);
    EXPECT_TRUE(first + rest == content);
    EXPECT_EQ(co_await sending, content.size());
  });
}

TEST_P(send_file, slow_peers_hold_neither_the_loop_nor_threads) {
  folder dir;
  std::string content = pattern(8 * megabyte);
  make_file(dir / "f", content);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    constexpr std::size_t peers = 40;  // the pool has at most 32 threads
    std::vector<pair> pairs;
    std::vector<rondo::task_handle<std::uint64_t>> sending;
    for (std::size_t i = 0; i < peers; ++i) pairs.push_back(co_await connect(GetParam()));
    for (pair& p : pairs) sending.push_back(rondo::create_task(rondo::send_file(p.client, f)));
    for (pair& p : pairs) EXPECT_EQ(co_await p.server.peek(1), content.substr(0, 1));
    // Threads that waited for peers would never come to these.
    for (int i = 0; i < 100; ++i) {
      int answer = co_await rondo::wait_for(rondo::to_thread([] { return 42; }), 60s);
      EXPECT_EQ(answer, 42);
    }
    co_await test::turns(1000);
    for (std::size_t i = 0; i < peers; ++i) {
      EXPECT_FALSE(sending[i].done());
      std::string got = co_await pairs[i].server.read_exactly(content.size());
      EXPECT_TRUE(got == content) << i;
      EXPECT_EQ(co_await sending[i], content.size());
    }
  });
}

TEST_P(send_file, is_the_only_writer_until_it_returns) {
  folder dir;
  std::string content = pattern(20 * megabyte);
  make_file(dir / "f", content);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    rondo::file other = co_await rondo::open_file(dir / "f");
    pair p = co_await connect(GetParam());
    auto sending = rondo::create_task(rondo::send_file(p.client, f));
    std::string got = co_await p.server.read_exactly(1);
    // At any time, also between two of its pieces. It cannot have ended: no buffers
    // of the kernel take 16 MB.
    while (got.size() < content.size()) {
      if (got.size() < 4 * megabyte) {
        auto write = co_await rondo::outcome_of(p.client.write("x"));
        EXPECT_THROW(std::move(write).get(), rondo::usage_error);
        auto second = co_await rondo::outcome_of(rondo::send_file(p.client, other));
        EXPECT_THROW(std::move(second).get(), rondo::usage_error);
        EXPECT_THROW(p.client.shutdown_write(), rondo::usage_error);
      }
      got += co_await p.server.read();
    }
    EXPECT_TRUE(got == content) << got.size() << " bytes came";
    EXPECT_EQ(co_await sending, content.size());
    co_await p.client.write("and now?");
    EXPECT_EQ(co_await p.server.read_exactly(8), "and now?");
    // Nor while another writes.
    std::string much(8 * megabyte, 'w');
    auto writing = rondo::create_task(p.client.write(much));
    EXPECT_EQ(co_await p.server.read_exactly(1), "w");
    auto refused = co_await rondo::outcome_of(rondo::send_file(p.client, f));
    EXPECT_THROW(std::move(refused).get(), rondo::usage_error);
    auto [rest, nothing] = co_await rondo::gather(p.server.read_exactly(much.size() - 1), writing);
    EXPECT_EQ(rest.size(), much.size() - 1);
  });
}

TEST(send_file_both_ways, reading_goes_on_meanwhile) {
  folder dir;
  std::string content = pattern(10 * megabyte);
  make_file(dir / "f", content);
  test::run([&]() -> rondo::task<> {
    for (over how : {over::tcp, over::unix_socket}) {
      rondo::file f = co_await rondo::open_file(dir / "f");
      pair p = co_await connect(how);
      int flags = ::fcntl(p.client.fd(), F_GETFL);
      // The read waits before, during and after it; its answers come in between.
      int questions = 0;
      auto questions_end = [&]() -> rondo::task<> {
        for (;;) {
          std::string line = co_await p.client.read_line();
          if (line.empty()) break;
          EXPECT_EQ(line, "question " + std::to_string(questions) + "\n");
          ++questions;
        }
      };
      auto asked = rondo::create_task(questions_end());
      co_await test::turns(3);
      auto sending = rondo::create_task(rondo::send_file(p.client, f));
      std::string got;
      int asking = 0;
      while (got.size() < content.size()) {
        got += co_await p.server.read();
        co_await p.server.write("question " + std::to_string(asking++) + "\n");
      }
      EXPECT_TRUE(got == content) << got.size() << " bytes came";
      EXPECT_EQ(co_await sending, content.size());
      co_await p.server.write("question " + std::to_string(asking++) + "\n");
      p.server.shutdown_write();
      co_await asked;
      EXPECT_EQ(questions, asking);
      EXPECT_EQ(::fcntl(p.client.fd(), F_GETFL), flags) << "the socket blocks, or not, otherwise";
    }
  });
}

TEST(send_file_errors, a_reset_names_file_and_peer_and_raises_no_signal) {
  folder dir;
  make_file(dir / "f", pattern(20 * megabyte));
  test::run([&]() -> rondo::task<> {
    for (int round = 0; round < 20; ++round) {
      rondo::file f = co_await rondo::open_file(dir / "f");
      pair p = co_await connect(over::tcp);
      std::string peer = p.client.peer().to_string();
      auto sending = rondo::create_task(rondo::send_file(p.client, f));
      co_await p.server.read_exactly(static_cast<std::size_t>(round) * 40'000 + 1);
      linger at_once{1, 0};
      ::setsockopt(p.server.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      p.server.close();
      auto result = co_await rondo::outcome_of(sending);
      std::string error = error_text(std::move(result));
      std::string expected = "send " + (dir / "f") + " to " + peer + ": ";
      EXPECT_TRUE(error == expected + "Connection reset by peer" ||
                  error == expected + "Broken pipe")
          << error;
      // Once more, to who is known to be gone.
      auto again = co_await rondo::outcome_of(rondo::send_file(p.client, f));
      EXPECT_EQ(error_text(std::move(again)), expected + "Broken pipe");
      sigset_t pending;
      sigpending(&pending);
      EXPECT_FALSE(sigismember(&pending, SIGPIPE));
    }
    for (over how : {over::unix_socket, over::pipe}) {
      rondo::file f = co_await rondo::open_file(dir / "f");
      pair p = co_await connect(how);
      auto sending = rondo::create_task(rondo::send_file(p.client, f));
      co_await p.server.read_exactly(1);
      p.server.close();
      auto result = co_await rondo::outcome_of(sending);
      std::string error = error_text(std::move(result));
      EXPECT_NE(error.find("send " + (dir / "f") + " to "), error.npos) << error;
    }
  });
}

TEST_P(send_file, a_stream_that_another_task_closes_ends_it) {
  folder dir;
  make_file(dir / "f", pattern(16 * megabyte));
  std::size_t fds = open_fds();
  test::run([&]() -> rondo::task<> {
    for (std::size_t round = 0; round < 50; ++round) {
      rondo::file f = co_await rondo::open_file(dir / "f");
      pair p = co_await connect(GetParam());
      auto sending = rondo::create_task(rondo::send_file(p.client, f));
      co_await p.server.read_exactly(1 + round * 50'000);
      co_await test::turns(static_cast<int>(round % 3));
      p.client.close();
      auto result = co_await rondo::wait_for(rondo::outcome_of(sending), 60s);
      std::string error = error_text(std::move(result));
      EXPECT_NE(error.find("send " + (dir / "f") + " to "), error.npos) << error;
    }
  });
  EXPECT_EQ(open_fds(), fds);
}

TEST(send_file_errors, misuse_and_what_cannot_be_sent) {
  folder dir;
  make_file(dir / "f", "content");
  EXPECT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    rondo::stream none;
    auto result = co_await rondo::outcome_of(rondo::send_file(none, f));
    EXPECT_THROW(std::move(result).get(), rondo::usage_error);
    pair p = co_await connect(over::tcp);
    std::string to = " to " + p.client.peer().to_string() + ": ";
    rondo::file fifo = co_await rondo::open_file(dir / "fifo");
    result = co_await rondo::outcome_of(rondo::send_file(p.client, fifo));
    EXPECT_EQ(error_text(std::move(result)), "seek " + (dir / "fifo") + ": Illegal seek");
    rondo::file written = co_await rondo::open_file(dir / "g", rondo::file_mode::write);
    result = co_await rondo::outcome_of(rondo::send_file(p.client, written));
    EXPECT_EQ(error_text(std::move(result)), "read " + (dir / "g") + ": Bad file descriptor");
    co_await written.write(std::string(megabyte, 'g'));
    result = co_await rondo::outcome_of(rondo::send_file(p.client, written));
    EXPECT_EQ(error_text(std::move(result)), "send " + (dir / "g") + to + "Bad file descriptor");
    result = co_await rondo::outcome_of(rondo::send_file(p.client, f, UINT64_MAX));
    EXPECT_EQ(error_text(std::move(result)), "send " + (dir / "f") + to + "Invalid argument");
    result = co_await rondo::outcome_of(rondo::send_file(p.client, f, 0, UINT64_MAX));
    EXPECT_THROW(std::move(result).get(), rondo::incomplete_read_error);
    EXPECT_EQ(co_await p.server.read_exactly(7), "content");
    // None of these leaves it claimed.
    co_await p.client.write("fine");
    EXPECT_EQ(co_await p.server.read_exactly(4), "fine");
    p.client.shutdown_write();
    result = co_await rondo::outcome_of(rondo::send_file(p.client, f));
    EXPECT_EQ(error_text(std::move(result)), "send " + (dir / "f") + to + "Broken pipe");
    p.client.close();
    result = co_await rondo::outcome_of(rondo::send_file(p.client, f));
    EXPECT_THROW(std::move(result).get(), rondo::usage_error);
  });
}

TEST_P(send_file, cancelled_before_it_begins_it_sends_nothing) {
  folder dir;
  make_file(dir / "f", pattern(megabyte));
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    pair p = co_await connect(GetParam());
    bool returned = false;
    auto send = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      co_await rondo::send_file(p.client, f);
      returned = true;
    };
    auto h = rondo::create_task(send());
    co_await test::ended(h);
    EXPECT_FALSE(returned);
    co_await p.client.write("first");
    EXPECT_EQ(co_await p.server.read(), "first");
  });
}

// Cancelled at any time: it has sent a beginning of what it was told to, leaks
// nothing, and leaves the file and the output to others.
TEST_P(send_file, cancelling_races_with_sending) {
  folder dir;
  std::string content = pattern(3 * megabyte);
  make_file(dir / "f", content);
  test::run([&]() -> rondo::task<> {
    rondo::file f = co_await rondo::open_file(dir / "f");
    f.seek(99);
    std::size_t fds = open_fds();
    int cancelled = 0;
    int complete = 0;
    for (int round = 0; round < 200; ++round) {
      pair p = co_await connect(GetParam());
      int flags = ::fcntl(p.client.fd(), F_GETFL);
      std::optional<std::uint64_t> said;
      auto send = [&]() -> rondo::task<> { said = co_await rondo::send_file(p.client, f); };
      auto sending = rondo::create_task(send());
      auto reading = rondo::create_task(p.server.read_all(64 * megabyte));
      co_await rondo::sleep(std::chrono::microseconds(round * 20));
      sending.cancel();
      co_await test::ended(sending);
      EXPECT_EQ(::fcntl(p.client.fd(), F_GETFL), flags);
      co_await p.client.write("!");  // the output is free again
      p.client.close();
      std::string got = co_await reading;
      EXPECT_TRUE(got.ends_with('!'));
      if (got.ends_with('!')) got.pop_back();
      EXPECT_TRUE(got == std::string_view(content).substr(0, got.size())) << got.size();
      if (said) {
        EXPECT_EQ(got.size(), *said);
      }
      ++(said ? complete : cancelled);
      EXPECT_EQ(f.position(), 99u);
    }
    EXPECT_GT(cancelled, 0);
    EXPECT_EQ(open_fds(), fds);
    std::string all = co_await sent(GetParam(), f);
    EXPECT_TRUE(all == content) << "the file is not what it was";
  });
}

}  // namespace
