// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The two ends of a socketpair in virtual time: data takes none, silence costs nothing.
#include <string>

#include <gtest/gtest.h>

#include <rondo/io.hpp>
#include <rondo/testing.hpp>

#include "support/async.hpp"

namespace {

using namespace std::chrono_literals;

TEST(virtual_streams, bytes_take_no_time) {
  test::run_virtual([]() -> rondo::task<> {
    auto begin = rondo::now();
    auto [a, b] = rondo::socketpair();
    rondo::stream& peer = b;
    auto serve = rondo::create_task([&]() -> rondo::task<> {
      std::string question = co_await peer.read_line();
      EXPECT_EQ(question, "what?\n");
      co_await rondo::sleep(2h);
      co_await peer.write("that\n");
      peer.shutdown_write();
    });
    co_await a.write("what?\n");
    std::string answer = co_await a.read_all(100);
    EXPECT_EQ(answer, "that\n");
    EXPECT_EQ(rondo::now() - begin, 2h);
    co_await serve;
  });
}

TEST(virtual_streams, a_silent_peer_is_timed_out_at_once) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto begin = rondo::now();
    auto line = co_await rondo::move_on_after(a.read_line(), 24h);
    EXPECT_FALSE(line);
    EXPECT_EQ(rondo::now() - begin, 24h);
    co_await b.write("later\n");
    std::string late = co_await a.read_line();
    EXPECT_EQ(late, "later\n");
  });
}

TEST(virtual_streams, more_than_the_kernel_holds_goes_through) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    std::string much(8 << 20, 'x');
    for (std::size_t i = 0; i < much.size(); i += 4093) much[i] = static_cast<char>('a' + i % 26);
    rondo::stream& from = a;
    rondo::stream& to = b;
    auto send = [&]() -> rondo::task<> {
      co_await from.write(much);
      from.shutdown_write();
    };
    auto receive = [&]() -> rondo::task<std::string> {
      std::string all;
      while (true) {
        co_await rondo::sleep(1s);
        std::string some = co_await to.read();
        if (some.empty()) co_return all;
        all += some;
      }
    };
    auto [none, got] = co_await rondo::gather(send(), receive());
    EXPECT_TRUE(got == much);
  });
}

TEST(virtual_streams, two_who_read_are_a_deadlock) {
  EXPECT_THROW(test::run_virtual([]() -> rondo::task<> {
                 test::diagnostics ignored;
                 ignored.listen();
                 auto [a, b] = rondo::socketpair();
                 rondo::stream& peer = b;
                 auto wait = [&]() -> rondo::task<> { co_await peer.read(); };
                 co_await rondo::gather(wait(), a.read());
                 rondo::loop::current().set_exception_handler({});
               }),
               rondo::deadlock_error);
}

TEST(virtual_streams, closing_one_end_ends_the_other) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto read = rondo::create_task(a.read());
    co_await rondo::testing::wait_until_all_blocked();
    EXPECT_FALSE(read.done());
    b.close();
    b = rondo::stream();
    std::string end = co_await read;
    EXPECT_EQ(end, "");
  });
}

TEST(virtual_streams, closing_ends_an_own_read_with_an_error) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto read = rondo::create_task(a.read());
    co_await rondo::testing::wait_until_all_blocked();
    a.close();
    EXPECT_THROW(co_await read, std::system_error);
  });
}

TEST(virtual_streams, what_came_before_a_cancellation_is_not_lost) {
  test::run_virtual([]() -> rondo::task<> {
    auto [a, b] = rondo::socketpair();
    auto read = rondo::create_task(a.read_exactly(10));
    co_await b.write("12345");
    co_await rondo::testing::wait_until_all_blocked();
    read.cancel();
    co_await test::ended(read);
    EXPECT_TRUE(read.cancelled());
    co_await b.write("67890");
    std::string all = co_await a.read_exactly(10);
    EXPECT_EQ(all, "1234567890");
  });
}

TEST(virtual_streams, other_sockets_are_refused) {
  test::run_virtual([]() -> rondo::task<> {
    try {
      auto s = co_await rondo::open_connection("127.0.0.1", 9);
      ADD_FAILURE() << "connected in virtual time";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code().value(), ENOTSUP) << e.what();
    }
  });
}

}  // namespace
