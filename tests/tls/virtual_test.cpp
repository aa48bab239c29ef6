// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// TLS between the ends of a socketpair, in virtual time: timeouts of protocols over TLS
// are tested without waiting for them.
#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/tls.hpp"

namespace {

using namespace std::chrono_literals;
using test::certificates;

TEST(tls_virtual, a_conversation_takes_as_long_as_its_sleeps) {
  rondo::tls_context client = certificates::client();
  rondo::tls_context server = certificates::server();
  test::run_virtual([&]() -> rondo::task<> {
    auto begin = rondo::now();
    auto [one, other] = rondo::socketpair();
    rondo::stream& peer = other;
    auto serve = rondo::create_task([&]() -> rondo::task<> {
      co_await rondo::start_tls(peer, server);
      std::string line = co_await peer.read_line();
      co_await rondo::sleep(3h);
      co_await peer.write("you said " + line);
    });
    co_await rondo::start_tls(one, client, "localhost");
    co_await one.write("hello\n");
    auto early = co_await rondo::move_on_after(one.read_line(), 1h);
    EXPECT_FALSE(early);
    std::string reply = co_await one.read_line();
    EXPECT_EQ(reply, "you said hello\n");
    EXPECT_EQ(rondo::now() - begin, 3h);
    co_await serve;
  });
}

TEST(tls_virtual, a_handshake_that_nobody_answers_ends_in_time) {
  rondo::tls_context client = certificates::client();
  test::run_virtual([&]() -> rondo::task<> {
    auto begin = rondo::now();
    auto [one, other] = rondo::socketpair();
    EXPECT_THROW(co_await rondo::start_tls(one, client, "localhost", 2min), rondo::timeout_error);
    EXPECT_EQ(rondo::now() - begin, 2min);
  });
}

}  // namespace
