// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Requests to the kernel, below sockets and streams, on uring and on epoll.
#include <poll.h>
#include <sys/ioctl.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/io_call.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

using rondo::backend_kind;
using rondo::detail::opcode;

class io_operation : public testing::TestWithParam<backend_kind> {
 protected:
  template <class Main>
  auto run(Main&& main) {
    return test::run(std::forward<Main>(main), {.backend = GetParam()});
  }
  bool uring() const { return GetParam() == backend_kind::uring; }

  void SetUp() override {
    int error = 0;
    if (uring()) {
      std::unique_ptr<rondo::detail::backend> ring(rondo::detail::make_uring_backend(error));
      if (!ring) GTEST_SKIP() << "no io_uring here: " << std::strerror(error);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(on, io_operation,
                         testing::Values(backend_kind::uring, backend_kind::epoll),
                         [](const auto& i) { return rondo::to_string(i.param); });

TEST_P(io_operation, sends_and_receives) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    char buffer[16];
    EXPECT_EQ(co_await test::send(s.a.get(), "hello", 5), 5);
    EXPECT_EQ(co_await test::recv(s.b.get(), buffer, sizeof buffer), 5);
    EXPECT_EQ(std::string(buffer, 5), "hello");
    s.a.close_in_loop();
    EXPECT_EQ(co_await test::recv(s.b.get(), buffer, sizeof buffer), 0)
        << "not the end of the stream";
    EXPECT_EQ(co_await test::send(s.b.get(), "x", 1), -EPIPE) << "and no SIGPIPE";
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, a_recv_waits_for_data) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    test::journal j;
    auto reader = [&]() -> rondo::task<> {
      char c;
      EXPECT_EQ(co_await test::recv(s.b.get(), &c, 1), 1);
      j.say(std::string("got ") + c);
    };
    auto r = rondo::create_task(reader());
    for (int i = 0; i < 5; ++i) co_await rondo::sleep(0s);
    EXPECT_TRUE(j.lines.empty());
    co_await test::send(s.a.get(), "x", 1);
    co_await r;
    EXPECT_EQ(j.lines, std::vector<std::string>{"got x"});
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, a_bad_fd_is_an_error) {
  run([]() -> rondo::task<> {
    char c;
    int closed;
    {
      test::file f = test::make_eventfd();
      closed = f.get();
    }
    EXPECT_EQ(co_await test::recv(closed, &c, 1), -EBADF);
    EXPECT_EQ(co_await test::send(closed, &c, 1), -EBADF);
    EXPECT_EQ(co_await test::read(closed, &c, 1), -EBADF);
    EXPECT_EQ(co_await test::poll(closed, POLLIN), -EBADF);
    test::file not_a_socket = test::make_eventfd();
    EXPECT_EQ(co_await test::recv(not_a_socket.get(), &c, 1), -ENOTSOCK);
  });
}

TEST_P(io_operation, polls_pipes_and_eventfds) {
  run([]() -> rondo::task<> {
    test::pipe_pair p;
    EXPECT_EQ(co_await test::poll(p.writer.get(), POLLOUT), POLLOUT) << "ready at once";
    auto waits = rondo::create_task(test::poll(p.reader.get(), POLLIN));
    for (int i = 0; i < 5; ++i) co_await rondo::sleep(0s);
    EXPECT_FALSE(waits.done());
    EXPECT_EQ(co_await test::write(p.writer.get(), "ab", 2), 2);
    EXPECT_EQ(co_await waits, POLLIN);
    char buffer[8];
    EXPECT_EQ(co_await test::read(p.reader.get(), buffer, sizeof buffer), 2);

    auto hangup = rondo::create_task(test::poll(p.reader.get(), POLLIN));
    co_await rondo::sleep(0s);
    p.writer.close_in_loop();
    EXPECT_TRUE(co_await hangup & POLLHUP);
    p.reader.close_in_loop();

    test::file e = test::make_eventfd();
    auto ready = rondo::create_task(test::poll(e.get(), POLLIN));
    co_await rondo::sleep(0s);
    std::uint64_t one = 1;
    EXPECT_EQ(co_await test::write(e.get(), &one, sizeof one), 8);
    EXPECT_EQ(co_await ready, POLLIN);
    e.close_in_loop();
  });
}

TEST_P(io_operation, several_polls_of_one_fd_each_get_theirs) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    auto in1 = rondo::create_task(test::poll(s.a.get(), POLLIN));
    auto in2 = rondo::create_task(test::poll(s.a.get(), POLLIN));
    auto hup = rondo::create_task(test::poll(s.a.get(), POLLRDHUP));
    co_await rondo::sleep(0s);
    EXPECT_EQ(co_await test::poll(s.a.get(), POLLOUT), POLLOUT);
    co_await test::send(s.b.get(), "x", 1);
    EXPECT_TRUE(co_await in1 & POLLIN);
    EXPECT_TRUE(co_await in2 & POLLIN);
    EXPECT_FALSE(hup.done());
    ::shutdown(s.b.get(), SHUT_WR);
    EXPECT_TRUE(co_await hup & POLLRDHUP);
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

// epoll has one registration per fd: these share it.
TEST_P(io_operation, a_poll_and_a_recv_on_one_fd_do_not_disturb_each_other) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    char c = 0;
    // first a poll that ends, then a recv that waits
    auto polled = rondo::create_task(test::poll(s.a.get(), POLLIN));
    co_await rondo::sleep(0s);
    co_await test::send(s.b.get(), "1", 1);
    EXPECT_EQ(co_await polled, POLLIN);
    EXPECT_EQ(co_await test::recv(s.a.get(), &c, 1), 1);
    auto received = rondo::create_task(test::recv(s.a.get(), &c, 1));
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    co_await test::send(s.b.get(), "2", 1);
    EXPECT_EQ(co_await rondo::wait_for(received, 10s), 1);
    EXPECT_EQ(c, '2');

    // a recv that waits, and beside it a poll that comes and goes
    received = rondo::create_task(test::recv(s.a.get(), &c, 1));
    co_await rondo::sleep(0s);
    auto cancelled = rondo::create_task(test::poll(s.a.get(), POLLPRI));
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    cancelled.cancel();
    while (!cancelled.done()) co_await rondo::sleep(0s);
    co_await test::send(s.b.get(), "3", 1);
    EXPECT_EQ(co_await rondo::wait_for(received, 10s), 1);
    EXPECT_EQ(c, '3');

    // a recv that waits while a poll for writing fires
    received = rondo::create_task(test::recv(s.a.get(), &c, 1));
    co_await rondo::sleep(0s);
    std::vector<char> big(1 << 20);
    std::int64_t sent = 0;  // fill it, so that the poll has to wait
    for (ssize_t n; (n = ::send(s.a.get(), big.data(), big.size(), MSG_DONTWAIT)) > 0;) sent += n;
    auto writable = rondo::create_task(test::poll(s.a.get(), POLLOUT));
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    EXPECT_FALSE(writable.done());
    while (sent > 0) sent -= co_await test::recv(s.b.get(), big.data(), big.size());
    EXPECT_EQ(co_await rondo::wait_for(writable, 10s), POLLOUT);
    EXPECT_FALSE(received.done());
    co_await test::send(s.b.get(), "4", 1);
    EXPECT_EQ(co_await rondo::wait_for(received, 10s), 1);
    EXPECT_EQ(c, '4');
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

// In which order is the kernel's affair on uring.
TEST_P(io_operation, readers_of_one_fd_get_one_byte_each) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    char got[4] = {};
    std::vector<rondo::task_handle<std::int64_t>> readers;
    for (char& c : got) {
      readers.push_back(rondo::create_task(test::recv(s.a.get(), &c, 1)));
      co_await rondo::sleep(0s);
    }
    for (char c : {'a', 'b', 'c', 'd'}) co_await test::send(s.b.get(), &c, 1);
    for (auto& r : readers) EXPECT_EQ(co_await rondo::wait_for(r, 10s), 1);
    std::sort(got, got + 4);
    EXPECT_EQ(std::string(got, 4), "abcd");
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, cancelled_in_flight_is_unwound_and_nothing_is_lost) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    test::journal j;
    char c = 0;
    auto reader = [&]() -> rondo::task<> {
      test::witness w(j, "reader");
      co_await test::recv(s.a.get(), &c, 1);
      j.say("received");
    };
    auto r = rondo::create_task(reader());
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    r.cancel();
    while (!r.done()) co_await rondo::sleep(0s);
    EXPECT_TRUE(r.cancelled());
    EXPECT_EQ(j.lines, std::vector<std::string>{"~reader"});
    co_await test::send(s.b.get(), "x", 1);
    EXPECT_EQ(co_await test::recv(s.a.get(), &c, 1), 1);
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, begun_on_a_cancelled_task_never_starts) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    co_await test::send(s.b.get(), "x", 1);
    char c = 0;
    auto reader = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      co_await test::recv(s.a.get(), &c, 1);
      ADD_FAILURE() << "it went on";
    };
    auto r = rondo::create_task(reader());
    while (!r.done()) co_await rondo::sleep(0s);
    EXPECT_EQ(c, 0) << "the byte was taken";
    EXPECT_EQ(co_await test::recv(s.a.get(), &c, 1), 1);
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, a_cancel_that_races_the_completion_loses_no_byte) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    constexpr int rounds = 10'000;
    int next = 0;  // what the next byte must be
    int completions = 0, cancellations = 0;
    unsigned char byte = 0;
    auto reader = [&]() -> rondo::task<> {
      std::int64_t n = co_await test::recv(s.a.get(), &byte, 1);
      EXPECT_EQ(n, 1);
      EXPECT_EQ(byte, next % 251) << "a byte was lost";
      ++next;
    };
    for (int i = 0; i < rounds && !testing::Test::HasFailure(); ++i) {
      auto r = rondo::create_task(reader());
      co_await rondo::sleep(0s);
      if (i % 3 == 0) co_await rondo::sleep(0s);
      auto b = static_cast<unsigned char>(i % 251);
      if (i % 2 == 0) {
        EXPECT_EQ(::send(s.b.get(), &b, 1, 0), 1);
        r.cancel();
      } else {
        r.cancel();
        EXPECT_EQ(::send(s.b.get(), &b, 1, 0), 1);
      }
      while (!r.done()) co_await rondo::sleep(0s);
      // Whatever won, the byte is either in the reader's hand or in the socket.
      if (r.cancelled()) {
        ++cancellations;
        co_await reader();
      } else {
        ++completions;
      }
    }
    EXPECT_EQ(next, rounds);
    EXPECT_GT(cancellations, 0);
    RecordProperty("completions", completions);
    int left = -1;
    ::ioctl(s.a.get(), FIONREAD, &left);
    EXPECT_EQ(left, 0);
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, a_send_cancelled_half_way_says_how_much_or_waits) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    std::vector<char> big(8 << 20, 'x');
    std::int64_t sent = -1;
    auto writer = [&]() -> rondo::task<> {
      sent = co_await test::send(s.a.get(), big.data(), big.size());
    };
    auto w = rondo::create_task(writer());
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    w.cancel();
    std::int64_t got = 0;
    std::vector<char> in(1 << 20);
    while (!w.done()) co_await rondo::sleep(0s);
    ::shutdown(s.a.get(), SHUT_WR);
    for (std::int64_t n; (n = co_await test::recv(s.b.get(), in.data(), in.size())) > 0;) got += n;
    EXPECT_EQ(sent, got) << "what arrived is not what the sender was told";
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, a_reused_fd_never_sees_an_event_of_the_old_one) {
  run([]() -> rondo::task<> {
    for (int round = 0; round < 200; ++round) {
      auto old = std::make_unique<test::socket_pair>();
      int number = old->a.get();
      char c = 0;
      auto reader = rondo::create_task(test::recv(number, &c, 1));
      auto poller = rondo::create_task(test::poll(number, POLLIN));
      co_await rondo::sleep(0s);
      co_await rondo::sleep(0s);
      reader.cancel();
      poller.cancel();
      while (!reader.done() || !poller.done()) co_await rondo::sleep(0s);
      EXPECT_EQ(::send(old->b.get(), "old", 3, 0), 3);  // an event is on its way
      old->a.close_in_loop();
      test::socket_pair fresh;
      EXPECT_EQ(fresh.a.get(), number) << "the test must reuse the number";
      auto waits = rondo::create_task(test::recv(fresh.a.get(), &c, 1));
      auto polls = rondo::create_task(test::poll(fresh.a.get(), POLLIN));
      for (int i = 0; i < 20; ++i) co_await rondo::sleep(0s);
      EXPECT_FALSE(waits.done()) << "round " << round;
      EXPECT_FALSE(polls.done()) << "round " << round;
      co_await test::send(fresh.b.get(), "n", 1);
      EXPECT_EQ(co_await rondo::wait_for(waits, 10s), 1);
      EXPECT_EQ(c, 'n');
      polls.cancel();
      while (!polls.done()) co_await rondo::sleep(0s);
      fresh.a.close_in_loop();
      fresh.b.close_in_loop();
      old->b.close_in_loop();
    }
  });
}

// Libraries close their sockets behind our back; the number comes again.
TEST_P(io_operation, a_polled_fd_may_be_closed_by_its_owner_and_reused) {
  run([]() -> rondo::task<> {
    for (int round = 0; round < 50; ++round) {
      auto foreign = std::make_unique<test::socket_pair>();
      int number = foreign->a.get();
      auto polled = rondo::create_task(test::poll(number, POLLIN));
      co_await rondo::sleep(0s);
      co_await test::send(foreign->b.get(), "x", 1);
      EXPECT_TRUE(co_await polled & POLLIN);
      foreign.reset();  // without forget()
      test::socket_pair ours;
      EXPECT_EQ(ours.a.get(), number) << "the test must reuse the number";
      char c = 0;
      auto waits = rondo::create_task(test::recv(number, &c, 1));
      for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
      EXPECT_FALSE(waits.done());
      co_await test::send(ours.b.get(), "y", 1);
      EXPECT_EQ(co_await rondo::wait_for(waits, 10s), 1);
      ours.a.close_in_loop();
      ours.b.close_in_loop();
    }
  });
}

// uring's submission queue has 512 entries, its completion queue 4096.
TEST_P(io_operation, many_more_at_once_than_the_queues_have_entries) {
  run([]() -> rondo::task<> {
    constexpr int count = 10'000;
    std::vector<rondo::task_handle<std::int64_t>> all;
    for (int i = 0; i < count; ++i)
      all.push_back(rondo::create_task(test::io_call(opcode::nop, -1)));
    int done = 0;
    for (auto& t : all) {
      EXPECT_EQ(co_await t, 0);
      ++done;
    }
    EXPECT_EQ(done, count);
  });
}

TEST_P(io_operation, thousands_that_complete_in_one_turn) {
  run([]() -> rondo::task<> {
    // All wait for the same eventfd, then all complete before anyone looks.
    constexpr int count = 6'000;
    test::file e = test::make_eventfd();
    std::vector<rondo::task_handle<std::int64_t>> all;
    for (int i = 0; i < count; ++i) all.push_back(rondo::create_task(test::poll(e.get(), POLLIN)));
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    std::uint64_t one = 1;
    EXPECT_EQ(::write(e.get(), &one, sizeof one), 8);
    int ready = 0;
    for (auto& t : all) ready += co_await t == POLLIN;
    EXPECT_EQ(ready, count);
    e.close_in_loop();
  });
}

TEST_P(io_operation, thousands_are_cancelled_at_once) {
  run([]() -> rondo::task<> {
    constexpr int count = 3'000;
    test::socket_pair s;
    std::vector<char> bytes(count);
    std::vector<rondo::task_handle<std::int64_t>> all;
    for (int i = 0; i < count; ++i)
      all.push_back(
          rondo::create_task(test::recv(s.a.get(), &bytes[static_cast<std::size_t>(i)], 1)));
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    for (auto& t : all) t.cancel();
    for (auto& t : all)
      while (!t.done()) co_await rondo::sleep(0s);
    int cancelled = 0;
    for (auto& t : all) cancelled += t.cancelled();
    EXPECT_EQ(cancelled, count);
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, completions_come_before_timers_of_the_same_turn) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    char c = 0;
    for (;;) {
      auto received = rondo::create_task(test::recv(s.a.get(), &c, 1));
      rondo::time_point deadline = rondo::now() + rondo::delay(5ms);
      auto timer = rondo::call_at(deadline, [&] { received.cancel(); });
      co_await rondo::sleep(0s);
      if (rondo::now() >= deadline) {  // a slow machine: the timer is on its way
        while (!received.done()) co_await rondo::sleep(0s);
        continue;
      }
      // When the loop looks next, both the data and the deadline are there.
      EXPECT_EQ(::send(s.b.get(), "x", 1, 0), 1);
      while (rondo::now() <= deadline) {
      }
      while (!received.done()) co_await rondo::sleep(0s);
      EXPECT_FALSE(received.cancelled()) << "the timer won";
      EXPECT_EQ(c, 'x');
      break;
    }
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, is_not_starved_by_ready_tasks) {
  run([]() -> rondo::task<> {
    test::socket_pair s;
    bool stop = false;
    auto busy = [&]() -> rondo::task<> {
      while (!stop) co_await rondo::sleep(0s);
    };
    auto b = rondo::create_task(busy());
    char c = 0;
    auto r = rondo::create_task(test::recv(s.a.get(), &c, 1));
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
    EXPECT_EQ(::send(s.b.get(), "x", 1, 0), 1);
    int turns = 0;
    while (!r.done() && turns < 1'000) {
      ++turns;
      co_await rondo::sleep(0s);
    }
    EXPECT_LT(turns, 100);
    stop = true;
    co_await b;
    s.a.close_in_loop();
    s.b.close_in_loop();
  });
}

TEST_P(io_operation, left_in_flight_is_waited_for_at_the_end_of_run) {
  test::socket_pair s;
  test::journal j;
  char buffer[64];
  auto reader = [&]() -> rondo::task<> {
    test::witness w(j, "reader");
    co_await test::recv(s.a.get(), buffer, sizeof buffer);
  };
  run([&]() -> rondo::task<> {
    rondo::create_task(reader());
    for (int i = 0; i < 3; ++i) co_await rondo::sleep(0s);
  });
  EXPECT_EQ(j.lines, std::vector<std::string>{"~reader"});
  // The kernel has let go: what arrives now stays in the socket.
  EXPECT_EQ(::send(s.b.get(), "late", 4, 0), 4);
  EXPECT_EQ(::recv(s.a.get(), buffer, sizeof buffer, MSG_DONTWAIT), 4);
}

}  // namespace
