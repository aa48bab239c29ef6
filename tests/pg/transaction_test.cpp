// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
using rondo::task;
using test::refusal;
using test::with_pool;

task<int> total(pg::pool& d) {
  co_return co_await d.one<int>("select coalesce(sum(n), 0)::int from t");
}

class pg_transaction : public testing::Test {
 protected:
  void SetUp() override {
    with_pool([](pg::pool& d) -> task<> {
      co_await d.execute_script(
          "drop table if exists t; create table t(id int primary key, n int)");
    });
  }
};

TEST_F(pg_transaction, commits_what_its_body_returns_from) {
  with_pool([](pg::pool& d) -> task<> {
    auto body = [](pg::transaction& t) -> task<int> {
      co_await t.execute("insert into t values(1, 10)");
      co_return co_await t.one<int>("select n from t");
    };
    EXPECT_EQ(co_await d.transaction(body), 10);
    EXPECT_EQ(co_await total(d), 10);
  });
}

TEST_F(pg_transaction, rolls_back_what_fails_and_gives_its_error) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto throws = [](pg::transaction& t) -> task<> {
          co_await t.execute("insert into t values(1, 10)");
          throw std::runtime_error("not enough");
        };
        EXPECT_EQ(co_await refusal(d.transaction(throws)), "not enough");
        auto refused = [](pg::transaction& t) -> task<> {
          co_await t.execute("insert into t values(1, 10)");
          co_await t.execute("insert into t values(1, 10)");
        };
        EXPECT_EQ((co_await refusal(d.transaction(refused))).substr(0, 5), "23505");
        // An error that the body swallows has ended the transaction all the same.
        auto swallows = [](pg::transaction& t) -> task<> {
          co_await t.execute("insert into t values(1, 10)");
          try {
            co_await t.execute("select 1/0");
          } catch (const pg::error&) {
          }
        };
        EXPECT_EQ(
            (co_await refusal(d.transaction(swallows))),
            "25P02 commit: rolled back, for a statement of the transaction had failed (25P02)");
        EXPECT_EQ(co_await total(d), 0);
        EXPECT_EQ(d.statistics().connected, 1u) << "no connection was given up";
      },
      {.max = 1});
}

TEST_F(pg_transaction, is_rolled_back_when_its_task_is_cancelled) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto body = [](pg::transaction& t) -> task<> {
          co_await t.execute("insert into t values(1, 10)");
          co_await t.execute("select pg_sleep(60)");
        };
        auto all = d.transaction(body);
        EXPECT_FALSE(co_await rondo::move_on_after(std::move(all), 200ms));
        EXPECT_EQ(co_await total(d), 0);
        // Also where nothing was running on the server.
        auto idle = [](pg::transaction& t) -> task<> {
          co_await t.execute("insert into t values(1, 10)");
          co_await rondo::sleep(1h);
        };
        auto waiting = d.transaction(idle);
        EXPECT_FALSE(co_await rondo::move_on_after(std::move(waiting), 100ms));
        EXPECT_EQ(co_await total(d), 0);
        EXPECT_EQ(d.statistics().connected, 1u) << "no connection was given up";
      },
      {.max = 1});
}

TEST_F(pg_transaction, a_savepoint_fails_by_itself) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto outer = [](pg::transaction& t) -> task<> {
          co_await t.execute("insert into t values(1, 1)");
          auto good = [](pg::transaction& inner) -> task<int> {
            co_await inner.execute("insert into t values(2, 20)");
            co_return 7;
          };
          EXPECT_EQ(co_await t.savepoint(good), 7);
          auto bad = [](pg::transaction& inner) -> task<> {
            co_await inner.execute("insert into t values(3, 300)");
            auto deeper = [](pg::transaction& in) -> task<> {
              co_await in.execute("insert into t values(2, 0)");
            };
            EXPECT_EQ((co_await refusal(inner.savepoint(deeper))).substr(0, 5), "23505");
            co_await inner.execute("insert into t values(4, 4000)");
            throw std::runtime_error("undone");
          };
          EXPECT_EQ(co_await refusal(t.savepoint(bad)), "undone");
          // Cancelled in the midst of a statement, and between two.
          auto slow = [](pg::transaction& inner) -> task<> {
            co_await inner.execute("insert into t values(5, 50000)");
            co_await inner.execute("select pg_sleep(60)");
          };
          auto cancelled = t.savepoint(slow);
          EXPECT_FALSE(co_await rondo::move_on_after(std::move(cancelled), 100ms));
          auto sleeps = [](pg::transaction& inner) -> task<> {
            co_await inner.execute("insert into t values(5, 50000)");
            co_await rondo::sleep(1h);
          };
          auto sleeping = t.savepoint(sleeps);
          EXPECT_FALSE(co_await rondo::move_on_after(std::move(sleeping), 100ms));
          EXPECT_EQ(co_await t.one<int>("select sum(n)::int from t"), 21);
        };
        co_await d.transaction(outer);
        EXPECT_EQ(co_await total(d), 21);
      },
      {.max = 1});
}

TEST_F(pg_transaction, a_savepoint_is_cancelled_at_any_moment) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto outer = [](pg::transaction& t) -> task<> {
          auto inner = [](pg::transaction& in) -> task<> {
            co_await in.execute("insert into t values(1, 1)");
          };
          int whole = 0;
          for (int i = 0; i < 400; ++i) {
            auto part = t.savepoint(inner);
            if (co_await rondo::move_on_after(std::move(part), i * 3us)) ++whole;
            // Its release may have been on its way. Whatever it was, the outer one goes on.
            EXPECT_LE(co_await t.one<int>("select count(*)::int from t"), 1) << i;
            co_await t.execute("delete from t");
          }
          EXPECT_GT(whole, 0);
        };
        co_await d.transaction(outer);
      },
      {.max = 1});
}

TEST_F(pg_transaction, that_gave_way_is_tried_again) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("insert into t values(1, 0)");
        int runs = 0;
        rondo::barrier both_have_read(2);
        auto increment = [&](pg::transaction& t) -> task<> {
          bool early = ++runs <= 2;
          int n = co_await t.one<int>("select n from t where id = 1");
          if (early) co_await both_have_read.wait();
          co_await t.execute("update t set n = $1 where id = 1", n + 1);
        };
        auto one = [&](int tries) -> task<> {
          co_await d.transaction(increment,
                                 {.isolation = pg::isolation::serializable, .tries = tries});
        };
        co_await rondo::gather(one(5), one(5));
        EXPECT_EQ(co_await d.one<int>("select n from t where id = 1"), 2) << "an update was lost";
        EXPECT_EQ(runs, 3);
        // Without further tries it says so.
        runs = 0;
        auto [first, second] = co_await rondo::gather(refusal(one(1)), refusal(one(1)));
        EXPECT_EQ((first == "no error" ? second : first).substr(0, 5), "40001");
        EXPECT_EQ(runs, 2);
      },
      {.max = 4});
}

TEST_F(pg_transaction, says_what_it_was_asked_for) {
  with_pool([](pg::pool& d) -> task<> {
    auto read = [](pg::transaction& t) -> task<> {
      EXPECT_EQ(co_await t.one<std::string>("show transaction_isolation"), "serializable");
      EXPECT_EQ(co_await t.one<std::string>("show transaction_read_only"), "on");
      EXPECT_EQ(co_await t.one<std::string>("show transaction_deferrable"), "on");
    };
    co_await d.transaction(
        read, {.isolation = pg::isolation::serializable, .read_only = true, .deferrable = true});
    pg::transaction t = co_await d.begin();
    co_await t.execute("insert into t values(1, 5)");
    co_await t.commit();
    EXPECT_EQ(co_await refusal(t.commit()), "pg::transaction::commit: it has ended");
    EXPECT_EQ(co_await refusal(t.execute("select 1")), "pg::transaction::query: it has ended");
    EXPECT_EQ(co_await total(d), 5);
  });
}

TEST_F(pg_transaction, several_tasks_use_one) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto body = [](pg::transaction& t) -> task<> {
          std::vector<task<std::uint64_t>> all;
          for (int i = 0; i < 50; ++i) all.push_back(t.execute("insert into t values($1, 1)", i));
          co_await rondo::gather(std::move(all));
        };
        co_await d.transaction(body);
        EXPECT_EQ(co_await total(d), 50);
        // Rows are being streamed while others ask.
        auto streams = [](pg::transaction& t) -> task<> {
          auto rows = t.rows<int>("select generate_series(1, 3000)");
          int seen = 0;
          while (auto n = co_await rows.next()) {
            if (++seen % 100 != 0) continue;
            EXPECT_EQ(co_await t.one<int>("select $1::int", *n), seen);
          }
          EXPECT_EQ(seen, 3000);
          {
            auto left = t.rows<int>("select generate_series(1, 100000)");
            EXPECT_EQ(co_await left.next(), 1);
          }
          EXPECT_EQ(co_await t.one<int>("select 5"), 5)
              << "the transaction was broken by rows that nobody wanted";
        };
        co_await d.transaction(streams);
      },
      {.max = 1});
}

// BEGIN runs on, and whatever came next would have been in a transaction that nobody ends.
TEST_F(pg_transaction, of_a_connection_is_undone_when_its_begin_is_cancelled) {
  with_pool([](pg::pool& d) -> task<> {
    {
      auto c = co_await d.acquire();
      auto body = [](pg::transaction& t) -> task<> {
        co_await t.execute("insert into t values(1, 10)");
        co_await rondo::sleep(1h);
      };
      for (auto moment : {0us, 0us, 50us, 200us, 1000us}) {
        auto done = co_await rondo::move_on_after(c.transaction(body), moment);
        EXPECT_FALSE(done.has_value());
      }
      co_await c.execute("insert into t values(2, 20)");
    }
    EXPECT_EQ(co_await total(d), 20);
  });
}

TEST_F(pg_transaction, a_connection_keeps_its_session) {
  with_pool([](pg::pool& d) -> task<> {
    pg::connection c = co_await d.acquire();
    co_await c.execute("create temporary table mine(a int)");
    auto body = [](pg::transaction& t) -> task<> {
      co_await t.execute("insert into mine values(1)");
    };
    co_await c.transaction(body);
    auto fails = [](pg::transaction& t) -> task<> {
      co_await t.execute("insert into mine values(1)");
      co_await rondo::sleep(1h);
    };
    auto cancelled = c.transaction(fails);
    EXPECT_FALSE(co_await rondo::move_on_after(std::move(cancelled), 50ms));
    EXPECT_EQ(co_await c.one<int>("select count(*)::int from mine"), 1);
    EXPECT_EQ(co_await c.one<int>("select pg_backend_pid()"), c.server_process());
  });
}

}  // namespace
