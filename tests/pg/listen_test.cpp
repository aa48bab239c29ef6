// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
using rondo::task;
using test::refusal;
using test::with_pool;

TEST(pg_listen, hears_what_was_notified_since_it_began) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto news = co_await d.listen("orders", "Strange \"name\"");
        co_await d.execute("notify orders, 'first'");
        co_await d.execute("select pg_notify('Strange \"name\"', $1)", "ü");
        auto n = co_await news.next();
        EXPECT_EQ(n->channel, "orders");
        EXPECT_EQ(n->payload, "first");
        EXPECT_GT(n->server_process, 0);
        n = co_await news.next();
        EXPECT_EQ(n->channel, "Strange \"name\"");
        EXPECT_EQ(n->payload, "ü");
        EXPECT_EQ(d.statistics().connections, 1u) << "the listener is beside the pool";
      },
      {.max = 1});
}

TEST(pg_listen, goes_on_when_its_connection_is_lost_and_says_so) {
  with_pool([](pg::pool& d) -> task<> {
    auto news = co_await d.listen("orders");
    co_await d.execute("notify orders, '1'");
    auto n = co_await news.next();
    EXPECT_EQ(n->payload, "1");
    co_await d.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'");
    n = co_await news.next();
    EXPECT_TRUE(n->reconnected);
    co_await d.execute("notify orders, '2'");
    n = co_await news.next();
    EXPECT_FALSE(n->reconnected);
    EXPECT_EQ(n->payload, "2");
  });
}

TEST(pg_listen, reads_no_more_than_somebody_takes) {
  with_pool([](pg::pool& d) -> task<> {
    auto news = co_await d.listen("many");
    co_await d.query("select pg_notify('many', i::text) from generate_series(1, 30000) i");
    co_await rondo::sleep(100ms);
    for (int i = 1; i <= 30000; ++i) {
      auto n = co_await news.next();
      if (n->payload != std::to_string(i)) {
        ADD_FAILURE() << n->payload << " in place of " << i;
        break;
      }
    }
  });
}

TEST(pg_listen, that_cannot_begin_says_why) {
  auto main = []() -> task<> {
    pg::pool d("postgres://app@127.0.0.1:1/nowhere");
    std::string said = co_await refusal(d.listen("x"));
    EXPECT_NE(said.find("08001 connect app@127.0.0.1:1/nowhere: 127.0.0.1:1: "), said.npos) << said;
    EXPECT_NE(said.find("Connection refused"), said.npos) << said;
  };
  rondo::run(main());
}

}  // namespace
