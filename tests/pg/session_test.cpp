// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What outlasts a statement on the server, and who finds it.
#include <gtest/gtest.h>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::task;
using test::with_pool;
namespace pg = rondo::pg;

TEST(pg_session, ends_as_the_connection_is_given_back) {
  for (int pipeline : {1, 16}) {
    with_pool(
        [](pg::pool& d) -> task<> {
          {
            pg::connection c = co_await d.acquire();
            co_await c.execute("set search_path to elsewhere");
            co_await c.execute("set statement_timeout to '5min'");
            co_await c.execute("create temporary table mine(a int)");
            co_await c.query("select pg_advisory_lock(7)");
            co_await c.execute("listen something");
            co_await c.execute("declare held cursor with hold for select 1");
            co_await c.execute("create role other");
            co_await c.execute("set role other");
            EXPECT_EQ(co_await c.one<std::string>("show search_path"), "elsewhere");
          }
          pg::connection c = co_await d.acquire();
          EXPECT_EQ(co_await c.one<std::string>("show search_path"), "\"$user\", public");
          EXPECT_EQ(co_await c.one<std::string>("show statement_timeout"), "1min") << "the pool's";
          EXPECT_EQ(co_await c.one<int>("select count(*)::int from pg_locks where locktype = "
                                        "'advisory'"),
                    0);
          EXPECT_EQ(co_await c.one<int>("select count(*)::int from pg_listening_channels()"), 0);
          EXPECT_EQ(co_await c.one<int>("select count(*)::int from pg_cursors where name = 'held'"),
                    0);
          EXPECT_EQ(co_await c.one<std::string>("select current_user::text"), "app");
          EXPECT_EQ(co_await c.one<bool>("select to_regclass('pg_temp.mine') is null"), true);
          EXPECT_EQ(d.statistics().connected, 1u) << "it was not used again";
          co_await c.execute("drop role other");
        },
        {.max = 1, .pipeline = pipeline, .statement_timeout = 1min});
  }
}

TEST(pg_session, is_not_changed_by_a_statement_or_transaction_of_the_pool) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("set search_path to elsewhere");
        EXPECT_EQ(co_await d.one<std::string>("show search_path"), "\"$user\", public");
        auto body = [](pg::transaction& t) -> task<> {
          co_await t.execute("set search_path to elsewhere");
        };
        co_await d.transaction(body);
        EXPECT_EQ(co_await d.one<std::string>("show search_path"), "\"$user\", public");
        co_await d.execute_script("set search_path to elsewhere");
        EXPECT_EQ(co_await d.one<std::string>("show search_path"), "\"$user\", public");
        pg::batch b;
        b.add("set search_path to elsewhere");
        co_await d.run(b);
        EXPECT_EQ(co_await d.one<std::string>("show search_path"), "\"$user\", public");
      },
      {.max = 1});
}

TEST(pg_session, of_a_cancelled_connection_ends_too) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto body = [](pg::pool& d) -> task<> {
          pg::connection c = co_await d.acquire();
          co_await c.execute("set search_path to elsewhere");
          co_await c.query("select pg_sleep(60)");
        };
        auto slow = body(d);
        EXPECT_FALSE(co_await rondo::move_on_after(std::move(slow), 100ms));
        EXPECT_EQ(co_await d.one<std::string>("show search_path"), "\"$user\", public");
        EXPECT_EQ(d.statistics().connected, 1u);
      },
      {.max = 1});
}

}  // namespace
