// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Streams and servers at their edges: closed at the wrong moment, limits met
// exactly, no fds left.
#include <rondo/io.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstdint>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "io/socket.hpp"

#include <rondo/testing/allocations.hpp>
#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

rondo::task<> ignore(rondo::stream s) { co_await s.read(); }

TEST(stream_close, reaches_the_peer_though_the_handle_of_a_read_lives) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    co_await ends.second.write("x");
    auto reading = rondo::create_task(ends.first.read());
    auto writing = rondo::create_task(ends.first.write("y"));
    EXPECT_EQ(co_await reading, "x");
    co_await writing;
    EXPECT_EQ(co_await ends.second.read(), "y");
    int fd = ends.first.fd();
    ends.first.close();
    EXPECT_FALSE(is_open(fd)) << "a handle of an operation that has ended keeps the fd";
    auto end = co_await rondo::move_on_after(ends.second.read(), 5s);
    EXPECT_TRUE(end && end->empty());
  });
}

TEST(stream_read, keeps_what_is_more_than_it_was_asked_for) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    co_await ends.second.write("abcdef");
    EXPECT_EQ(co_await ends.first.read(2), "ab");
    EXPECT_EQ(co_await ends.first.read(1), "c");
    EXPECT_EQ(co_await ends.first.read(), "def");
    co_await ends.second.write("gh");
    EXPECT_EQ(co_await ends.first.read(2), "gh");
  });
}

TEST(stream_close, reaches_the_peer_though_the_handle_of_a_failed_read_lives) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    ends.first.set_limit(4);
    co_await ends.second.write("too long");
    auto reading = rondo::create_task(ends.first.read_line());
    co_await test::ended(reading);
    EXPECT_TRUE(reading.exception());
    int fd = ends.first.fd();
    ends.first.close();
    EXPECT_FALSE(is_open(fd));
  });
}

// It pauses to let others run, and is cancelled in its pause.
TEST(stream_close, lets_go_of_the_fd_though_a_read_was_cancelled_between_two_requests) {
  for (bool another_follows : {false, true})
    test::run([&]() -> rondo::task<> {
      // Gives 8 bytes at a time.
      auto counter =
          rondo::stream_from_fd(::eventfd(10'000, EFD_SEMAPHORE | EFD_CLOEXEC), "eventfd");
      int fd = counter.fd();
      auto reading = rondo::create_task(counter.read_exactly(80'000));
      co_await test::turns(2);
      reading.cancel();
      co_await test::ended(reading);
      EXPECT_TRUE(reading.cancelled());
      if (another_follows) {
        EXPECT_EQ(co_await counter.read(1), std::string(1, '\1'));
      }
      counter.close();
      EXPECT_FALSE(is_open(fd));
    });
}

// The kernel has answered a part, the loop has not looked yet, and another task
// closes the stream: the read must not go on and wait.
TEST(stream_close, ends_a_read_of_a_pipe_whose_first_part_has_just_come) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::open_pipe();
    auto idle = rondo::open_pipe();
    auto reading = rondo::create_task(ends.first.read_exactly(100));
    co_await rondo::sleep(1ms);
    EXPECT_EQ(::write(ends.second.fd(), "x", 1), 1);
    // Many requests fill the submission queue, so that the kernel is entered now.
    for (int i = 0; i < 600; ++i) {
      rondo::add_reader(idle.first.fd(), [] {});
      rondo::remove_reader(idle.first.fd());
    }
    ends.first.close();
    std::vector<rondo::task_handle<std::string>> all{reading};
    auto ended = co_await rondo::move_on_after(rondo::wait(all), 2s);
    EXPECT_TRUE(ended) << "the read goes on after the close";
    EXPECT_TRUE(reading.done() && reading.exception());
  });
}

TEST(stream_limit, that_is_the_largest_number_is_no_limit) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    ends.first.set_limit(SIZE_MAX);
    auto reading = rondo::create_task(ends.first.read_line());
    co_await test::turns(3);
    EXPECT_FALSE(reading.done()) << "a line before any byte has come";
    co_await ends.second.write("half ");
    co_await test::turns(20);
    EXPECT_FALSE(reading.done()) << "half a line";
    co_await ends.second.write("a line\n");
    EXPECT_EQ(co_await reading, "half a line\n");
  });
}

TEST(stream_limit, is_met_exactly) {
  test::run([]() -> rondo::task<> {
    auto fails = [](auto read) -> rondo::task<bool> {
      try {
        co_await std::move(read);
        co_return false;
      } catch (const rondo::limit_overrun_error&) {
        co_return true;
      }
    };
    auto ends = rondo::socketpair();
    ends.first.set_limit(8);
    co_await ends.second.write("1234567\n12345678\n");
    EXPECT_EQ(co_await ends.first.read_line(), "1234567\n");
    EXPECT_TRUE(co_await fails(ends.first.read_line()));
    EXPECT_EQ(co_await ends.first.read_exactly(9), "12345678\n");
    // The separator begins within the limit and ends beyond it.
    co_await ends.second.write("123456\r\n1234567\r\n");
    EXPECT_EQ(co_await ends.first.read_until("\r\n"), "123456\r\n");
    EXPECT_TRUE(co_await fails(ends.first.read_until("\r\n")));
    EXPECT_EQ(co_await ends.first.peek(8), "1234567\r");
    EXPECT_EQ(co_await ends.first.read(100), "1234567\r\n");
    // A longer separator with a shorter one in it.
    co_await ends.second.write("ab--cd");
    EXPECT_EQ(co_await ends.first.read_until("b--c", "--"), "ab--");
    EXPECT_EQ(co_await ends.first.read_exactly(2), "cd");
    EXPECT_TRUE(co_await fails(ends.first.peek(9)));
    // The last line may be as long as any.
    co_await ends.second.write("12345678");
    ends.second.close();
    EXPECT_EQ(co_await ends.first.read_line(), "12345678");
    EXPECT_EQ(co_await ends.first.read_line(), "");
  });
}

TEST(stream_limit, absurd_sizes_reserve_nothing) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    co_await ends.second.write("abc");
    ends.second.close();
    try {
      co_await ends.first.read_exactly(SIZE_MAX);
      ADD_FAILURE() << "no error";
    } catch (const rondo::incomplete_read_error& e) {
      EXPECT_EQ(e.partial(), "abc");
    }
    EXPECT_EQ(co_await ends.first.read_all(SIZE_MAX), "");
    EXPECT_EQ(co_await ends.first.read(SIZE_MAX), "");
  });
}

TEST(stream_limit, the_memory_of_a_large_read_is_not_kept_while_the_peer_is_silent) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    std::string much(10'000'000, 'x');
    auto writing = rondo::create_task(ends.second.write(much));
    EXPECT_TRUE(co_await ends.first.read_exactly(much.size()) == much);
    co_await writing;
    auto waiting = rondo::create_task(ends.first.read_line());
    co_await test::turns(3);
    EXPECT_LE(ends.first.internal()->room(0).size(), 1'100'000u);
    co_await ends.second.write("next\n");
    EXPECT_EQ(co_await waiting, "next\n");
  });
}

TEST(stream, a_fd_that_is_read_and_written_waits_for_its_data) {
  test::run([]() -> rondo::task<> {
    std::string path = "/tmp/rondo-test-rw." + std::to_string(::getpid());
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    auto both = rondo::stream_from_fd(::open(path.c_str(), O_RDWR | O_CLOEXEC), "fifo");
    ::unlink(path.c_str());
    auto reading = rondo::create_task(both.read_line());
    co_await test::turns(5);
    co_await both.write("line\n");
    co_await test::ended(reading);
    EXPECT_FALSE(reading.exception());
    if (!reading.exception()) {
      EXPECT_EQ(co_await reading, "line\n");
    }
  });
}

TEST(unix_server, leaves_the_file_of_its_successor) {
  test::run([]() -> rondo::task<> {
    std::string path = "/tmp/rondo-test-successor." + std::to_string(::getpid());
    auto first = co_await rondo::start_unix_server(ignore, path);
    ::unlink(path.c_str());
    auto second = co_await rondo::start_unix_server(ignore, path);
    co_await first.close();
    EXPECT_EQ(::access(path.c_str(), F_OK), 0) << "the closed server removed another's file";
    auto s = co_await rondo::open_unix_connection(path);
    s.close();
    co_await second.close();
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
  });
}

TEST(server, outlives_its_loop) {
  std::optional<rondo::server> kept;
  test::run([&]() -> rondo::task<> {
    kept.emplace(co_await rondo::start_server(ignore, "127.0.0.1", 0));
    auto s = co_await rondo::open_connection("127.0.0.1", kept->port());
    co_await test::turns(5);
  });
  EXPECT_EQ(kept->connections(), 0u);
  kept.reset();
}

TEST(server, destroyed_by_its_own_handler) {
  test::run([]() -> rondo::task<> {
    std::optional<rondo::server> server;
    bool went_on = false;
    auto handler = [&](rondo::stream s) -> rondo::task<> {
      server.reset();
      co_await s.write("x");
      went_on = true;
    };
    server.emplace(co_await rondo::start_server(handler, "127.0.0.1", 0));
    auto s = co_await rondo::open_connection("127.0.0.1", server->port());
    auto end = co_await rondo::move_on_after(s.read(), 5s);
    EXPECT_TRUE(end && end->empty());
    EXPECT_FALSE(went_on);
  });
}

TEST(server, closes_with_every_slot_taken_and_more_waiting) {
  test::run([]() -> rondo::task<> {
    rondo::server_options options;
    options.max_connections = 2;
    auto server = co_await rondo::start_server(ignore, "127.0.0.1", 0, options);
    std::vector<rondo::stream> clients;
    for (int i = 0; i < 6; ++i)
      clients.push_back(co_await rondo::open_connection("127.0.0.1", server.port()));
    co_await rondo::sleep(5ms);
    EXPECT_EQ(server.connections(), 2u);
    clients.erase(clients.begin());  // its slot goes to the next
    co_await rondo::sleep(20ms);
    EXPECT_EQ(server.connections(), 2u);
    co_await server.close(0s);
    EXPECT_EQ(server.connections(), 0u);
    for (rondo::stream& s : clients) {
      try {
        auto end = co_await rondo::move_on_after(s.read(), 5s);
        EXPECT_TRUE(end && end->empty());
      } catch (const std::system_error&) {  // reset: nobody accepted it
      }
    }
  });
}

std::int64_t cpu_us() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1'000'000 + u.ru_utime.tv_usec +
         u.ru_stime.tv_usec;
}

rondo::task<> echo(rondo::stream s) {
  std::string data = co_await s.read();
  co_await s.write(data);
}

TEST(server, without_fds_it_waits_and_then_serves) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::start_server(echo, "127.0.0.1", 0);
    rondo::endpoint to = server.address();
    co_await test::turns(3);
    int raw = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto client = rondo::stream_from_fd(raw, "client");
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit few = before;
    few.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::vector<int> taken;
    for (int fd; (fd = ::dup(0)) >= 0;) taken.push_back(fd);
    EXPECT_EQ(::connect(raw, to.data(), to.size()) == 0 || errno == EINPROGRESS, true);
    std::int64_t cpu = cpu_us();
    auto early = co_await rondo::move_on_after(client.read(), 250ms);
    std::int64_t used = cpu_us() - cpu;
    EXPECT_FALSE(early);
    EXPECT_EQ(server.connections(), 0u) << "it found an fd";
    for (int fd : taken) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_LT(used, 150'000) << "it spins";
    co_await client.write("hello");
    EXPECT_EQ(co_await client.read(), "hello");
    auto next = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await next.write("again");
    EXPECT_EQ(co_await next.read(), "again");
  });
}

TEST(server, an_address_that_nobody_connects_to_takes_no_slot_from_the_others) {
  test::run([]() -> rondo::task<> {
    rondo::server_options options;
    options.max_connections = 1;
    auto server = co_await rondo::start_server(echo, "localhost", 0, options);
    EXPECT_EQ(server.addresses().size(), 2u);
    for (int round = 0; round < 3; ++round)
      for (const rondo::endpoint& address : server.addresses()) {
        auto s = co_await rondo::open_connection(address);
        auto other = co_await rondo::open_connection(address);
        co_await s.write("hello");
        auto answer = co_await rondo::move_on_after(s.read(), 3s);
        EXPECT_TRUE(answer && *answer == "hello") << address.to_string();
        if (!answer) co_return;
        EXPECT_LE(server.connections(), 1u);
        co_await other.write("next");
        EXPECT_EQ(co_await other.read(), "next");
      }
  });
}

// The fault is in the loop's own work: what waits beside it allocates nothing.
TEST(server, without_memory_it_loses_a_connection_not_itself) {
  if (!RONDO_ALLOCATIONS_CAN_FAIL) GTEST_SKIP() << "the sanitizer's allocator cannot be replaced";
  test::diagnostics said;
  test::run([&]() -> rondo::task<> {
    said.listen();
    auto server = co_await rondo::start_server(echo, "127.0.0.1", 0);
    rondo::endpoint to = server.address();
    int failed = 0;
    for (long n = 0; n < 12; ++n) {
      int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      EXPECT_EQ(::connect(client, to.data(), to.size()), 0);
      {
        rondo::testing::failing_allocation f(n);
        for (int i = 0; i < 80; ++i) co_await rondo::sleep(0s);
        failed += f.has_failed();
      }
      ::close(client);
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await s.write("hello");
      auto answer = co_await rondo::move_on_after(s.read(), 5s);
      EXPECT_TRUE(answer && *answer == "hello") << "the server is gone after fault " << n;
      if (!answer) break;
    }
    EXPECT_GE(failed, 2);
  });
}

TEST(stream, without_memory_for_what_came_nothing_after_it_is_read) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::socketpair();
    auto reading = rondo::create_task(ends.first.read_line());
    std::string much(20'000'000, 'x');
    auto writing = rondo::create_task(ends.first.write(much));
    co_await test::turns(3);
    EXPECT_EQ(::send(ends.second.fd(), "lost ", 5, MSG_NOSIGNAL), 5);
    {
      rondo::testing::failing_allocation f(0);
      for (int i = 0; i < 20; ++i) co_await rondo::sleep(0s);
      if (!f.has_failed()) co_return;  // the sanitizer's operator new
    }
    EXPECT_EQ(::send(ends.second.fd(), "found\n", 6, MSG_NOSIGNAL), 6);
    auto fails = [](auto read) -> rondo::task<bool> {
      try {
        co_await std::move(read);
      } catch (const std::system_error& e) {
        co_return e.code() == std::errc::not_enough_memory;
      }
      co_return false;
    };
    co_await test::ended(reading);
    EXPECT_TRUE(reading.exception());
    char into[10];
    EXPECT_TRUE(co_await fails(ends.first.read_line()));
    EXPECT_TRUE(co_await fails(ends.first.read_some(into)));
    ends.first.close();
    std::vector<rondo::task_handle<>> all{writing};
    auto over = co_await rondo::move_on_after(rondo::wait(all), 5s);
    EXPECT_TRUE(over && writing.exception()) << "the close did not reach the writer";
  });
}

/// Accepts nothing and has no room: who connects to it waits.
class silent_listener {
 public:
  explicit silent_listener(const char* host, std::uint16_t port = 0) {
    fd_ = ::socket(host[0] == ':' ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rondo::endpoint to = *rondo::endpoint::parse(host, port);
    EXPECT_EQ(::bind(fd_, to.data(), to.size()), 0);
    EXPECT_EQ(::listen(fd_, 0), 0);
    address_ = rondo::detail::local_endpoint(fd_);
    fill();
  }
  silent_listener(const silent_listener&) = delete;
  ~silent_listener() {
    for (int fd : fillers_) ::close(fd);
    ::close(fd_);
  }
  std::uint16_t port() const { return address_.port(); }

 private:
  void fill() {
    for (int i = 0; i < 4; ++i) {
      int fd = ::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(fd, address_.data(), address_.size());
      fillers_.push_back(fd);
    }
  }
  int fd_;
  rondo::endpoint address_;
  std::vector<int> fillers_;
};

std::size_t open_files() {
  std::size_t n = 0;
  for (int fd = 0; fd < 1024; ++fd) n += is_open(fd);
  return n;
}

TEST(happy_eyeballs, cancelled_with_two_attempts_on_their_way_leaves_no_socket) {
  test::run([]() -> rondo::task<> {
    silent_listener four("127.0.0.1");
    silent_listener six("::1", four.port());
    rondo::connection_options options;
    options.happy_eyeballs_delay = 1ms;
    auto warm_up = co_await rondo::resolve("localhost", four.port());
    EXPECT_EQ(warm_up.size(), 2u);
    std::size_t before = open_files();
    for (int turns = 1; turns < 40; turns += 3) {
      auto s =
          co_await rondo::move_on_after(rondo::open_connection("localhost", four.port(), options),
                                        std::chrono::microseconds(turns * 200));
      EXPECT_FALSE(s);
      EXPECT_EQ(open_files(), before);
    }
    auto connecting = rondo::create_task(rondo::open_connection("localhost", four.port(), options));
    while (open_files() < before + 2) co_await rondo::sleep(1ms);
    connecting.cancel();
    co_await test::ended(connecting);
    EXPECT_TRUE(connecting.cancelled());
    EXPECT_EQ(open_files(), before);
  });
}

TEST(happy_eyeballs, of_no_delay_tries_all_at_once_and_keeps_one) {
  test::run([]() -> rondo::task<> {
    auto four = co_await rondo::start_server(ignore, "127.0.0.1", 0);
    auto six = co_await rondo::start_server(ignore, "::1", four.port());
    rondo::connection_options options;
    options.happy_eyeballs_delay = 0s;
    co_await rondo::resolve("localhost", four.port());
    std::size_t before = open_files();
    for (int i = 0; i < 50; ++i) {
      auto s = co_await rondo::open_connection("localhost", four.port(), options);
      s.close();
      while (four.connections() + six.connections() > 0) co_await rondo::sleep(0s);
    }
    co_await rondo::sleep(1ms);
    while (four.connections() + six.connections() > 0) co_await rondo::sleep(0s);
    EXPECT_EQ(open_files(), before);
    auto port = four.port();
    co_await four.close();
    co_await six.close();
    auto refused = co_await rondo::outcome_of(rondo::open_connection("localhost", port, options));
    EXPECT_TRUE(refused.has_error());
    options.happy_eyeballs_delay = 24h;
    auto again = co_await rondo::outcome_of(rondo::open_connection("localhost", port, options));
    EXPECT_TRUE(again.has_error());
  });
}

TEST(happy_eyeballs, the_second_answers_while_the_first_is_silent) {
  test::run([]() -> rondo::task<> {
    auto four = co_await rondo::start_server(ignore, "127.0.0.1", 0);
    silent_listener six("::1", four.port());
    rondo::connection_options options;
    options.happy_eyeballs_delay = 1ms;
    co_await rondo::resolve("localhost", four.port());
    std::size_t before = open_files();
    auto s = co_await rondo::open_connection("localhost", four.port(), options);
    EXPECT_FALSE(s.peer().is_v6());
    s.close();
    while (four.connections() > 0) co_await rondo::sleep(1ms);
    EXPECT_EQ(open_files(), before);
  });
}

}  // namespace
