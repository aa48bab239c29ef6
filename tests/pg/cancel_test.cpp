// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <random>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
using rondo::task;
using test::refusal;
using test::with_pool;

task<int> sleeping_on_server(pg::pool& d) {
  co_return co_await d.one<int>(
      "select count(*)::int from pg_stat_activity where query like 'select pg_sleep%' and state = "
      "'active'");
}

void stops_statements(const std::string& conninfo) {
  with_pool(
      [](pg::pool& d) -> task<> {
        pg::pool other(test::postgres::instance().url());
        for (int i = 0; i < 20; ++i) {
          auto slow = d.query("select pg_sleep(60)");
          EXPECT_FALSE(co_await rondo::move_on_after(std::move(slow), i % 2 ? 20ms : 0ms));
          // The connection is free again when the statement has been stopped.
          EXPECT_EQ(co_await d.one<int>("select 7"), 7);
          EXPECT_EQ(co_await sleeping_on_server(other), 0);
        }
        EXPECT_EQ(d.statistics().connected, 1u) << "no connection was given up";
        EXPECT_GE(d.statistics().cancelled, 10u);
      },
      {.max = 1}, conninfo);
}

TEST(pg_cancel, stops_the_statement_on_the_server) {
  stops_statements(test::postgres::instance().url());
}
TEST(pg_cancel, stops_it_over_a_unix_socket) {
  stops_statements(test::postgres::instance().socket());
}
TEST(pg_cancel, stops_it_over_tls) {
  stops_statements("postgres://app@localhost:" + std::to_string(test::postgres::instance().port) +
                   "/postgres?sslmode=verify-full&sslrootcert=" + test::certificates::pem("ca"));
}

/// RONDO_RACES=100000 runs them longer.
int rounds(int usual) {
  const char* asked = std::getenv("RONDO_RACES");
  return asked ? std::atoi(asked) : usual;
}

// Whatever the moment in which a task is cancelled: nobody gets another's answer, nobody else's
// statement is stopped.
void race(int rounds, pg::pool_options options) {
  with_pool(
      [&](pg::pool& d) -> task<> {
        std::minstd_rand random(7);
        int answered = 0, cancelled = 0;
        auto worker = [&](int first) -> task<> {
          for (int i = first; i < rounds; i += 8) {
            auto asked = d.one<int>("select $1::int from pg_sleep(0)", i);
            auto limit = std::chrono::microseconds(random() % 2000);
            auto got = co_await rondo::move_on_after(std::move(asked), limit);
            if (got) {
              EXPECT_EQ(*got, i);
              ++answered;
            } else {
              ++cancelled;
            }
            // Not to be cancelled by the one before.
            int sure = co_await d.one<int>("select $1::int", -i);
            EXPECT_EQ(sure, -i);
          }
        };
        std::vector<task<>> all;
        for (int i = 0; i < 8; ++i) all.push_back(worker(i));
        co_await rondo::gather(std::move(all));
        EXPECT_GT(answered, rounds / 100);
        EXPECT_GT(cancelled, rounds / 100);
        pg::pool_statistics s = d.statistics();
        EXPECT_EQ(s.lost, 0u);
        EXPECT_LE(s.connected, 4u);
      },
      options);
}

TEST(pg_cancel, races_its_completion_on_connections_of_ones_own) { race(rounds(1000), {.max = 4}); }
TEST(pg_cancel, races_its_completion_on_shared_connections) {
  race(rounds(8000), {.max = 2, .pipeline = 64});
}

TEST(pg_cancel, hits_nobody_else_on_a_shared_connection) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto slow = [&]() -> task<int> {
          co_return co_await d.one<int>("select 1 from pg_sleep(0.3)");
        };
        auto kept = rondo::create_task(slow());
        co_await rondo::sleep(50ms);
        auto behind = d.one<int>("select 2 from pg_sleep(60)");
        EXPECT_FALSE(co_await rondo::move_on_after(std::move(behind), 50ms));
        EXPECT_EQ(co_await kept, 1);
        EXPECT_EQ(co_await d.one<int>("select 3"), 3)
            << "what nobody waits for any more was stopped";
      },
      {.max = 1, .pipeline = 8});
}

// Also while most of its rows are still to be sent: what is on the server by then is undone.
TEST(pg_cancel, of_execute_many_leaves_all_of_its_rows_or_none) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute_script("drop table if exists m; create table m(n int)");
        std::vector<int> many(20'000, 1);
        int undone = 0;
        for (int i = 0; i < 30; ++i) {
          auto all = d.execute_many("insert into m values($1)", many);
          co_await rondo::move_on_after(std::move(all), i * 3ms);
          int there = co_await d.one<int>("select count(*)::int from m");
          EXPECT_TRUE(there == 0 || there == 20'000) << there << " rows stayed";
          undone += there == 0;
          co_await d.execute("delete from m");
        }
        EXPECT_GT(undone, 0);
        co_await d.execute("drop table m");
      },
      {.max = 1});
}

TEST(pg_cancel, of_a_wait_for_a_connection_takes_none) {
  with_pool(
      [](pg::pool& d) -> task<> {
        pg::connection c = co_await d.acquire();
        for (int i = 0; i < 10; ++i) {
          auto waits = d.acquire();
          EXPECT_FALSE(co_await rondo::move_on_after(std::move(waits), 1ms));
        }
        EXPECT_EQ(d.statistics().waiting, 0u);
        {
          pg::connection given_back = std::move(c);
        }
        EXPECT_EQ(co_await d.one<int>("select 1"), 1);
      },
      {.max = 1});
}

// The first in the queue wants a connection for itself, the second only a share of one.
TEST(pg_cancel, of_the_first_who_waits_lets_the_second_go_on) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto busy = rondo::create_task(d.query("select pg_sleep(0.5)"));
        co_await rondo::sleep(50ms);
        auto first = rondo::create_task(d.acquire());
        co_await rondo::sleep(1ms);
        auto second = rondo::create_task(d.query("select 1"));
        co_await rondo::sleep(1ms);
        EXPECT_EQ(d.statistics().waiting, 2u);
        first.cancel();
        co_await rondo::sleep(1ms);
        EXPECT_EQ(d.statistics().waiting, 0u);
        co_await second;
        co_await busy;
      },
      {.max = 1, .pipeline = 16});
}

TEST(pg_cancel, of_main_ends_everything) {
  std::string ended;
  auto main = [&]() -> task<> {
    pg::pool d(test::postgres::instance().url());
    auto slow = [&]() -> task<> { co_await d.query("select pg_sleep(60)"); };
    auto limited = slow();
    EXPECT_FALSE(co_await rondo::move_on_after(std::move(limited), 100ms));
    ended = "yes";
  };
  rondo::run(main());  // the pool is gone while its connection is being freed
  EXPECT_EQ(ended, "yes");
}

}  // namespace
