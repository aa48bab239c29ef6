// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
namespace db = rondo::db;
using rondo::task;
using test::refusal;
using test::with_pool;

TEST(pg_query, every_type_comes_as_it_went) {
  with_pool([](pg::pool& d) -> task<> {
    EXPECT_EQ(co_await d.one<int>("select $1::int + 1", 41), 42);
    EXPECT_EQ(co_await d.one<std::int64_t>("select $1::bigint", INT64_MIN), INT64_MIN);
    EXPECT_EQ(co_await d.one<double>("select $1::float8", 0.1), 0.1);
    EXPECT_EQ(co_await d.one<float>("select $1::float4", 1.5f), 1.5f);
    EXPECT_TRUE(std::isinf(co_await d.one<double>("select 'infinity'::float8")));
    EXPECT_EQ(co_await d.one<bool>("select not $1::bool", true), false);
    std::string text = "'; drop table x;-- \"ü\" \\ \n";
    EXPECT_EQ(co_await d.one<std::string>("select $1::text", text), text);
    EXPECT_EQ(co_await d.one<std::optional<int>>("select $1::int", nullptr), std::nullopt);
    std::vector<std::byte> bytes{std::byte{0}, std::byte{255}, std::byte{'\\'}, std::byte{'a'}};
    EXPECT_EQ(co_await d.one<std::vector<std::byte>>("select $1::bytea", bytes), bytes);
    EXPECT_EQ((co_await d.one<db::numeric>("select $1::numeric",
                                           db::numeric{"123456789012345678901234567890.5"}))
                  .text,
              "123456789012345678901234567890.5");
    auto moment = std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + 16h + 1us;
    EXPECT_EQ(co_await d.one<std::chrono::sys_time<std::chrono::microseconds>>(
                  "select $1::timestamptz", moment),
              moment);
    auto local = std::chrono::local_days(std::chrono::year(1969) / 12 / 31) + 23h + 59min;
    EXPECT_EQ(co_await d.one<std::chrono::local_time<std::chrono::microseconds>>(
                  "select $1::timestamp", local),
              local);
    std::chrono::sys_days day = std::chrono::year(2024) / 2 / 29;
    EXPECT_EQ(co_await d.one<std::chrono::sys_days>("select $1::date", day), day);
    EXPECT_EQ(co_await d.one<std::chrono::microseconds>("select $1::time", 90min + 5us),
              90min + 5us);
    db::interval span{14, -3, 4h + 1us};
    EXPECT_EQ(co_await d.one<db::interval>("select $1::interval", span), span);
    auto id = db::uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    EXPECT_EQ(co_await d.one<db::uuid>("select $1::uuid", id), id);
    nlohmann::json doc{{"a", {1, nullptr}}};
    EXPECT_EQ(co_await d.one<nlohmann::json>("select $1::jsonb", doc), doc);
    std::vector<std::optional<int>> ints{1, std::nullopt, -3};
    EXPECT_EQ(co_await d.one<std::vector<std::optional<int>>>("select $1::int[]", ints), ints);
    std::vector<std::string> texts{"", "a,b", "\"q\" \\", "NULL", "{}"};
    EXPECT_EQ(co_await d.one<std::vector<std::string>>("select $1::text[]", texts), texts);
    std::vector<std::vector<double>> matrix{{1, 2}, {3, 4.5}};
    EXPECT_EQ(co_await d.one<std::vector<std::vector<double>>>("select $1::float8[]", matrix),
              matrix);
    co_await d.execute("create type mood as enum ('sad', 'happy')");
    EXPECT_EQ(co_await d.one<std::string>("select $1::mood", "happy"), "happy");
    std::vector<std::string> moods{"sad", "happy"};
    EXPECT_EQ(co_await d.one<std::vector<std::string>>("select $1::mood[]", moods), moods);
    co_await d.execute("drop type mood");
  });
}

TEST(pg_query, an_error_names_statement_cause_and_state) {
  with_pool([](pg::pool& d) -> task<> {
    EXPECT_EQ(co_await refusal(d.query("select * from nowhere")),
              "42P01 select * from nowhere: relation \"nowhere\" does not exist (42P01), at "
              "character 15");
    EXPECT_EQ(co_await refusal(d.query("select $1::int", "abc")),
              "22P02 select $1::int: invalid input syntax for type integer: \"abc\" (22P02)");
    EXPECT_EQ((co_await refusal(d.query("select 1; select 2"))).substr(0, 5), "42601");
    EXPECT_EQ((co_await refusal(d.query("select $1::text", std::string("a\0b", 3)))).substr(0, 5),
              "22021");
    EXPECT_EQ(co_await refusal(d.one<int>("select 'x'::text")),
              "22018 select 'x'::text: column text (text), row 1: 'x' is no integer");
    co_await d.execute("create table person(id int primary key, name text not null)");
    co_await d.execute("insert into person values(1, 'Ann')");
    try {
      co_await d.execute("insert into person values($1, $2)", 1, "Bob");
      ADD_FAILURE() << "the same key twice";
    } catch (const pg::error& e) {
      EXPECT_EQ(e.sqlstate(), "23505");
      EXPECT_EQ(e.constraint(), "person_pkey");
      EXPECT_EQ(e.table(), "person");
      EXPECT_EQ(e.severity(), "ERROR");
    }
    EXPECT_EQ(co_await d.execute("insert into person select i, 'p' from generate_series(2, 5) i"),
              4u);
    EXPECT_EQ(co_await d.execute("delete from person"), 5u);
    co_await d.execute("drop table person");
  });
}

TEST(pg_query, a_statement_survives_changes_of_its_tables) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("create table shape(a int)");
        co_await d.execute("insert into shape values(1)");
        EXPECT_EQ((co_await d.query("select * from shape")).columns(), 1u);
        co_await d.execute("alter table shape add column b int");
        EXPECT_EQ((co_await d.query("select * from shape")).columns(), 2u);
        co_await d.execute("deallocate all");
        EXPECT_EQ((co_await d.query("select * from shape")).columns(), 2u);
        co_await d.execute("drop table shape");
      },
      {.max = 1});
}

// On a shared connection others' answers are under way when it is asked; they are no
// transaction of its own.
TEST(pg_query, a_statement_on_a_shared_connection_survives_changes_of_its_tables) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("create table shape(a int)");
        co_await d.execute("insert into shape values(1)");
        EXPECT_EQ((co_await d.query("select * from shape")).columns(), 1u);
        co_await d.execute("alter table shape add column b int");
        auto busy = rondo::create_task(d.query("select pg_sleep(0.05)"));
        std::vector<task<rondo::db::result>> all;
        for (int i = 0; i < 5; ++i) all.push_back(d.query("select * from shape"));
        for (auto& each : co_await rondo::gather(std::move(all))) EXPECT_EQ(each.columns(), 2u);
        co_await busy;
        co_await d.execute("alter table shape add column c int");
        pg::batch b;
        b.add("select 1");
        b.add("select * from shape");
        EXPECT_EQ((co_await d.run(b))[1].columns(), 3u);
        co_await d.execute("drop table shape");
      },
      {.max = 1, .pipeline = 16});
}

TEST(pg_query, what_is_not_valid_any_more_is_deallocated) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("create table shape(a int)");
        for (int i = 0; i < 5; ++i) {
          co_await d.query("select * from shape");
          pg::batch b;
          b.add("select * from shape where a > 1");
          b.add("select * from shape where a > 2");
          co_await d.run(b);
          co_await d.execute("alter table shape add column b" + std::to_string(i) + " int");
        }
        co_await d.execute("drop table shape");
        // Three of "select", six of "alter", this one.
        EXPECT_LE(co_await d.one<int>("select count(*)::int from pg_prepared_statements"), 11);
      },
      {.max = 1});
}

TEST(pg_query, a_statement_with_a_zero_byte_is_refused) {
  with_pool([](pg::pool& d) -> task<> {
    std::string sql("select 1\0; drop table x", 23);
    EXPECT_NE((co_await refusal(d.query(sql))).find("a statement with a zero byte"),
              std::string::npos);
    EXPECT_NE((co_await refusal(d.execute_script(sql))).find("a statement with a zero byte"),
              std::string::npos);
    pg::batch b;
    b.add(sql);
    EXPECT_NE((co_await refusal(d.run(b))).find("a statement with a zero byte"), std::string::npos);
    std::vector<int> rows{1};
    EXPECT_NE((co_await refusal(d.execute_many(sql, rows))).find("a statement with a zero byte"),
              std::string::npos);
    EXPECT_EQ(co_await d.one<int>("select 1"), 1);
  });
}

TEST(pg_query, prepared_statements_make_room_for_new_ones) {
  with_pool(
      [](pg::pool& d) -> task<> {
        pg::batch b;
        for (int i = 0; i < 600; ++i) b.add("select " + std::to_string(i));
        EXPECT_EQ((co_await d.run(b)).size(), 600u);
        EXPECT_LE(co_await d.one<int>("select count(*)::int from pg_prepared_statements"), 5);
      },
      {.max = 1, .prepared_statements = 4});
  with_pool(
      [](pg::pool& d) -> task<> {
        for (int i = 0; i < 20; ++i)
          EXPECT_EQ(co_await d.one<int>("select " + std::to_string(i)), i);
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from pg_prepared_statements"), 5);
      },
      {.max = 1, .prepared_statements = 4});
  with_pool(
      [](pg::pool& d) -> task<> {
        for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await d.one<int>("select $1::int", i), i);
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from pg_prepared_statements"), 0);
      },
      {.max = 1, .prepare = false});
}

TEST(pg_query, many_tasks_share_a_pool_and_a_connection) {
  for (int pipeline : {1, 16}) {
    with_pool(
        [&](pg::pool& d) -> task<> {
          std::vector<task<int>> all;
          for (int i = 0; i < 500; ++i) all.push_back(d.one<int>("select $1::int", i));
          std::vector<int> answers = co_await rondo::gather(std::move(all));
          for (int i = 0; i < 500; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)], i);
          EXPECT_LE(d.statistics().connected, 3u);
        },
        {.max = 3, .pipeline = pipeline});
  }
}

TEST(pg_query, a_batch_is_all_or_nothing) {
  with_pool([](pg::pool& d) -> task<> {
    co_await d.execute("create table counted(n int primary key)");
    pg::batch b;
    b.add("insert into counted values($1)", 1);
    b.add("insert into counted values($1)", 2);
    b.add("select sum(n)::int from counted");
    auto results = co_await d.run(std::move(b));
    EXPECT_EQ(results.size(), 3u);
    EXPECT_EQ(results[0].affected(), 1u);
    EXPECT_EQ(results[2].one<int>(), 3);
    pg::batch bad;
    bad.add("insert into counted values(3)");
    bad.add("insert into counted values(1)");
    bad.add("insert into counted values(4)");
    EXPECT_EQ((co_await refusal(d.run(std::move(bad)))).substr(0, 78),
              "23505 statement 2 of 3, insert into counted values(1): duplicate key value vio");
    EXPECT_EQ(co_await d.one<int>("select count(*)::int from counted"), 2);
    co_await d.execute("drop table counted");
  });
}

struct item {
  int id;
  std::string name;
  RONDO_FIELDS(id, name)
};

TEST(pg_query, a_commit_that_fails_fails_its_batch) {
  test::with_pool([](pg::pool& d) -> rondo::task<> {
    co_await d.execute_script(
        "drop table if exists child, parent; create table parent(id int primary key); "
        "create table child(of int references parent deferrable initially deferred)");
    pg::batch b;
    b.add("insert into child values(1)");
    b.add("select 1");
    std::string refused = co_await test::refusal(d.run(b));
    EXPECT_EQ(refused.substr(0, 5), "23503") << refused;
    EXPECT_NE(refused.find("the commit of 2 statements"), refused.npos) << refused;
    EXPECT_EQ(co_await d.one<int>("select count(*)::int from child"), 0);
    std::vector<int> orphans{1, 2, 3};
    refused = co_await test::refusal(d.execute_many("insert into child values($1)", orphans));
    EXPECT_EQ(refused.substr(0, 61),
              "23503 the commit of 3 rows of insert into child values($1): i");
  });
}

TEST(pg_query, many_rows_go_in_as_one_transaction) {
  for (bool prepare : {true, false}) {
    with_pool(
        [](pg::pool& d) -> task<> {
          co_await d.execute("create table item(id int primary key, name text)");
          std::vector<item> items;
          for (int i = 0; i < 5000; ++i) items.push_back({i, "item " + std::to_string(i)});
          EXPECT_EQ(co_await d.execute_many("insert into item values($1, $2)", items), 5000u);
          EXPECT_EQ((co_await d.all<item>("select * from item order by id"))[4999].name,
                    "item 4999");
          items = {{5000, "a"}, {7, "again"}, {5001, "b"}};
          EXPECT_EQ((co_await refusal(d.execute_many("insert into item values($1, $2)", items)))
                        .substr(0, 50),
                    "23505 row 2 of insert into item values($1, $2): du");
          auto broken = [](std::size_t n) {
            if (n == 3) throw std::runtime_error("the source broke");
            return static_cast<int>(9000 + n);
          };
          std::vector<std::size_t> numbers{0, 1, 2, 3, 4};
          auto view = numbers | std::views::transform(broken);
          bool threw = false;
          try {
            co_await d.execute_many("insert into item values($1, 'x')", view);
          } catch (const std::runtime_error& e) {
            threw = std::string(e.what()) == "the source broke";
          }
          EXPECT_TRUE(threw);
          EXPECT_EQ(co_await d.one<int>("select count(*)::int from item"), 5000)
              << "some of it stayed";
          co_await d.execute("drop table item");
        },
        {.prepare = prepare});
  }
}

TEST(pg_query, rows_come_one_after_the_other) {
  with_pool(
      [](pg::pool& d) -> task<> {
        std::int64_t sum = 0, count = 0;
        auto rows = d.rows<std::int64_t>("select * from generate_series(1, $1::bigint)", 20000);
        while (auto n = co_await rows.next()) {
          sum += *n;
          ++count;
        }
        EXPECT_EQ(count, 20000);
        EXPECT_EQ(sum, 20000LL * 20001 / 2);
        // Left in the middle, its connection is of use again.
        {
          auto some = d.rows<int>("select generate_series(1, 100000000)");
          EXPECT_EQ(co_await some.next(), 1);
        }
        EXPECT_EQ(co_await d.one<int>("select 1"), 1);
        EXPECT_EQ(d.statistics().connected, 1u);
        auto none = d.rows<int>("select 1 where false");
        EXPECT_EQ(co_await none.next(), std::nullopt);
        auto bad = d.rows<int>("select 1/(10 - i) from generate_series(1, 20) i");
        int got = 0;
        std::string state;
        try {
          while (co_await bad.next()) ++got;
        } catch (const pg::error& e) {
          state = e.sqlstate();
        }
        EXPECT_EQ(state, "22012");
        EXPECT_EQ(got, 9);
      },
      {.max = 1});
}

// With TLS, a part of what has come waits within the library, where no socket tells of it.
TEST(pg_query, results_of_every_size_come_whole_on_every_transport) {
  test::postgres& server = test::postgres::instance();
  for (const std::string& conninfo :
       {server.url("?sslmode=require"), server.url("?sslmode=disable"), server.socket()}) {
    with_pool(
        [](pg::pool& d) -> task<> {
          for (int n = 1; n < 150'000; n += n < 40'000 ? 271 : 4099) {
            auto got = co_await d.one<std::string>("select repeat('x', $1::int)", n);
            EXPECT_EQ(got.size(), static_cast<std::size_t>(n));
            auto rows = d.rows<std::string>(
                "select repeat('y', $1::int / 8) from generate_series(1, 8)", n);
            int seen = 0;
            while (co_await rows.next()) ++seen;
            EXPECT_EQ(seen, 8);
          }
        },
        {.max = 1}, conninfo);
  }
}

TEST(pg_query, a_script_has_many_statements) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute_script(
            "create table s(a int); insert into s values(1); insert into s values(2)");
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from s"), 2);
        EXPECT_EQ((co_await refusal(d.execute_script("insert into s values(3); select 1/0")))
                      .substr(0, 5),
                  "22012");
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from s"), 2);
        co_await d.execute("drop table s");
      },
      {.max = 1});
}

}  // namespace
