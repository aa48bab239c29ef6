// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
using rondo::task;
using test::refusal;
using test::with_pool;

class pg_copy : public testing::Test {
 protected:
  void SetUp() override {
    with_pool([](pg::pool& d) -> task<> {
      co_await d.execute_script(
          "drop table if exists c; create table c(id int primary key, name text)");
    });
  }
};

rondo::async_generator<std::string> lines(int n, bool throws = false) {
  for (int i = 0; i < n; ++i) co_yield std::to_string(i) + ",name " + std::to_string(i) + "\n";
  if (throws) throw std::runtime_error("the file ended early");
}
rondo::async_generator<std::string> endless() {
  for (int i = 0;; ++i) {
    co_yield std::to_string(i) + ",x\n";
    if (i % 1000 == 0) co_await rondo::sleep(1ms);
  }
}

TEST_F(pg_copy, takes_ranges_and_generators_cut_anywhere) {
  with_pool(
      [](pg::pool& d) -> task<> {
        EXPECT_EQ(co_await d.copy_in("copy c from stdin (format csv)", lines(50000)), 50000u);
        EXPECT_EQ(co_await d.one<std::string>("select name from c where id = 49999"), "name 49999");
        std::vector<std::string> pieces;
        std::string all;
        for (int i = 50000; i < 51000; ++i) all += std::to_string(i) + ",n\n";
        for (std::size_t i = 0, n = 1; i < all.size(); i += n, n = n % 7 + 1)
          pieces.push_back(all.substr(i, n));
        EXPECT_EQ(co_await d.copy_in("copy c from stdin (format csv)", pieces), 1000u);
        std::string big(300000, 'x');
        std::vector<std::string> one{"60000," + big + "\n"};
        EXPECT_EQ(co_await d.copy_in("copy c from stdin (format csv)", one), 1u);
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from c"), 51001);
        EXPECT_EQ(d.statistics().connected, 1u);
      },
      {.max = 1});
}

TEST_F(pg_copy, that_fails_has_copied_nothing) {
  with_pool(
      [](pg::pool& d) -> task<> {
        std::vector<std::string> bad{"1,a\n", "two,b\n"};
        EXPECT_EQ((co_await refusal(d.copy_in("copy c from stdin (format csv)", bad))).substr(0, 5),
                  "22P02");
        EXPECT_EQ((co_await refusal(d.copy_in("copy nowhere from stdin", bad))).substr(0, 5),
                  "42P01");
        EXPECT_EQ(co_await refusal(d.copy_in("copy c from stdin (format csv)", lines(10, true))),
                  "the file ended early");
        EXPECT_EQ(co_await refusal(d.copy_in("select 1", bad)),
                  "pg::pool::copy_in: the statement is no copy from stdin");
        EXPECT_EQ(co_await refusal(d.query("copy c from stdin")),
                  "pg::pool::query: a COPY; call copy_in or copy_out");
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from c"), 0);
      },
      {.max = 1});
}

TEST_F(pg_copy, is_undone_when_it_is_cancelled_and_the_connection_goes_on) {
  with_pool(
      [](pg::pool& d) -> task<> {
        for (int i = 0; i < 5; ++i) {
          auto copying = d.copy_in("copy c from stdin (format csv)", endless());
          EXPECT_FALSE(co_await rondo::move_on_after(std::move(copying), i * 20ms));
          EXPECT_EQ(co_await d.one<int>("select count(*)::int from c"), 0);
        }
        co_await d.execute("insert into c select i, 'n' from generate_series(1, 100000) i");
        for (int i = 0; i < 5; ++i) {
          auto out = d.copy_out("copy c to stdout");
          EXPECT_EQ(co_await out.next(), "1\tn\n");
        }
        EXPECT_EQ(co_await d.one<int>("select 1"), 1);
        EXPECT_EQ(d.statistics().connected, 1u) << "no connection was given up";
      },
      {.max = 1});
}

TEST_F(pg_copy, gives_rows_and_works_within_a_transaction) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto body = [](pg::transaction& t) -> task<> {
          EXPECT_EQ(co_await t.copy_in("copy c from stdin (format csv)", lines(1000)), 1000u);
          auto out = t.copy_out("copy (select * from c order by id) to stdout (format csv)");
          int n = 0;
          while (auto row = co_await out.next()) {
            EXPECT_EQ(*row, std::to_string(n) + ",name " + std::to_string(n) + "\n");
            ++n;
          }
          EXPECT_EQ(n, 1000);
          throw std::runtime_error("undone");
        };
        EXPECT_EQ(co_await refusal(d.transaction(body)), "undone");
        EXPECT_EQ(co_await d.one<int>("select count(*)::int from c"), 0);
      },
      {.max = 1});
}

}  // namespace
