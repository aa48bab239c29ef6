// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rondo/io.hpp>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
using rondo::task;
using test::refusal;
using test::with_pool;

TEST(pg_failure, a_killed_backend_fails_its_statement_only) {
  with_pool(
      [](pg::pool& d) -> task<> {
        pg::pool other(test::postgres::instance().url());
        int process = co_await d.one<int>("select pg_backend_pid()");
        auto slow = [&]() -> task<std::string> {
          co_return co_await refusal(d.query("select pg_sleep(60)"));
        };
        auto doomed = rondo::create_task(slow());
        while (co_await other.one<int>(
                   "select count(*)::int from pg_stat_activity where pid = $1 and state = 'active'",
                   process) == 0)
          co_await rondo::sleep(5ms);
        co_await other.execute("select pg_terminate_backend($1)", process);
        EXPECT_EQ(co_await doomed,
                  "57P01 select pg_sleep(60): terminating connection due to administrator command "
                  "(57P01)");
        EXPECT_EQ(co_await d.one<int>("select 1"), 1);
        // One that is idle is noticed at once, not at its next use.
        process = co_await d.one<int>("select pg_backend_pid()");
        co_await other.execute("select pg_terminate_backend($1)", process);
        while (d.statistics().connections > 0) co_await rondo::sleep(5ms);
        EXPECT_EQ(co_await d.one<int>("select 2"), 2);
      },
      {.max = 1});
}

TEST(pg_failure, a_killed_server_comes_back) {
  test::postgres server;
  with_pool(
      [&](pg::pool& d) -> task<> {
        co_await d.execute("create table t(n int)");
        auto slow = [&]() -> task<std::string> {
          co_return co_await refusal(d.query("select pg_sleep(60)"));
        };
        auto doomed = rondo::create_task(slow());
        pg::connection c = co_await d.acquire();
        while (
            co_await c.one<int>(
                "select count(*)::int from pg_stat_activity where query = 'select pg_sleep(60)'") ==
            0)
          co_await rondo::sleep(5ms);
        server.kill(SIGKILL);
        std::string said = co_await doomed;
        EXPECT_EQ(said.substr(0, 43), "08006 select pg_sleep(60): connection lost:") << said;
        EXPECT_NE(said.find("; it may have been executed"), said.npos) << said;
        {
          pg::connection gone = std::move(c);
        }
        said = co_await refusal(d.query("select 1"));
        EXPECT_NE(said.find("acquire from pg::pool app@127.0.0.1:"), said.npos) << said;
        EXPECT_NE(said.find("Connection refused (attempt "), said.npos) << said;
        server.start();
        EXPECT_EQ(co_await d.one<int>("select 1"), 1);
      },
      {.max = 2, .acquire_timeout = 4s}, server.url());
}

TEST(pg_failure, a_stopped_server_is_bounded_by_time) {
  test::postgres server;
  with_pool(
      [&](pg::pool& d) -> task<> {
        EXPECT_EQ(co_await d.one<int>("select 1"), 1);
        server.signal_all(SIGSTOP);
        auto asked = d.one<int>("select 2");
        EXPECT_FALSE(co_await rondo::move_on_after(std::move(asked), 50ms));
        // Its connection is being freed, in vain; a new one is not answered either.
        std::string said = co_await refusal(d.query("select 3"));
        EXPECT_NE(said.find("acquire from pg::pool"), said.npos) << said;
        server.signal_all(SIGCONT);
        EXPECT_EQ(co_await d.one<int>("select 4"), 4);
      },
      {.max = 1, .acquire_timeout = 3s, .connect_timeout = 1s, .cleaning_timeout = 300ms},
      server.url());
}

TEST(pg_failure, who_waits_for_a_connection_is_told_who_has_them) {
  with_pool(
      [](pg::pool& d) -> task<> {
        auto slow = [&]() -> task<> { co_await d.query("select pg_sleep(60)"); };
        auto one = rondo::create_task(slow());
        while (d.statistics().in_use == 0) co_await rondo::sleep(1ms);
        std::string said = co_await refusal(d.query("select 1"));
        EXPECT_NE(said.find("timed out after 0.2s: 1 of 1 in use, the longest for 0."), said.npos)
            << said;
        EXPECT_NE(said.find(" for select pg_sleep(60)"), said.npos) << said;
        one.cancel();
      },
      {.max = 1, .acquire_timeout = 200ms});
}

TEST(pg_failure, connect_tells_at_once_whether_it_can) {
  with_pool([](pg::pool& d) -> task<> {
    co_await d.connect();
    co_await d.connect();
    EXPECT_EQ(d.statistics().connected, 1u);
    EXPECT_EQ(co_await d.one<int>("select 1"), 1);
    pg::pool nobody("postgres://app@127.0.0.1:1/x");
    std::string said = co_await refusal(nobody.connect());
    EXPECT_NE(said.find("08001 connect app@127.0.0.1:1/x: 127.0.0.1:1: "), said.npos) << said;
    co_await nobody.close();
  });
}

TEST(pg_failure, connect_beside_a_first_statement_opens_no_more_than_max) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await rondo::gather(d.one<int>("select 1"), d.connect(), d.connect());
        EXPECT_EQ(d.statistics().connected, 1u);
      },
      {.max = 1});
}

TEST(pg_failure, a_service_names_the_server) {
  test::folder folder;
  test::postgres& server = test::postgres::instance();
  std::ofstream(folder / "services")
      << "[shop]\nhost=127.0.0.1\nport=" << server.port
      << "\nuser=app\ndbname=postgres\napplication_name=of_the_service\n";
  ::setenv("PGSERVICEFILE", (folder / "services").c_str(), 1);
  with_pool(
      [](pg::pool& d) -> task<> {
        EXPECT_EQ(co_await d.one<std::string>("show application_name"), "of_the_service");
      },
      {}, "service=shop");
  with_pool(
      [](pg::pool& d) -> task<> {
        EXPECT_EQ(co_await d.one<std::string>("show application_name"), "mine");
      },
      {}, "service=shop application_name=mine");
  auto main = []() -> task<> {
    try {
      pg::pool d("service=nowhere");
      ADD_FAILURE() << "there is no such service";
    } catch (const rondo::usage_error& e) {
      EXPECT_NE(std::string(e.what()).find("pg::pool: service nowhere: definition of service "
                                           "\"nowhere\" not found"),
                std::string::npos)
          << e.what();
    }
    co_return;
  };
  rondo::run(main());
  ::unsetenv("PGSERVICEFILE");
}

TEST(pg_failure, connection_slots_that_are_exhausted_are_waited_for) {
  test::postgres server(
      "max_connections = 5\nsuperuser_reserved_connections = 0\nmax_wal_senders = 0\n");
  with_pool(
      [&](pg::pool& d) -> task<> {
        std::vector<task<int>> all;
        for (int i = 0; i < 40; ++i)
          all.push_back(d.one<int>("select $1::int from pg_sleep(0.01)", i));
        auto answers = co_await rondo::gather(std::move(all));
        EXPECT_EQ(answers[39], 39);
        EXPECT_GT(d.statistics().failed_attempts, 0u);
      },
      {.max = 20}, server.url());
}

TEST(pg_failure, passwords_certificates_and_names_are_checked) {
  test::postgres& server = test::postgres::instance();
  std::string port = std::to_string(server.port), ca = test::certificates::pem("ca");
  with_pool([&](pg::pool& d) -> task<> {
    co_await d.execute("drop role if exists secret");
    co_await d.execute("create role secret login password 'open sesame'");
    pg::pool right("postgres://secret:open%20sesame@127.0.0.1:" + port + "/postgres");
    EXPECT_EQ(co_await right.one<std::string>("select current_user::text"), "secret");
    pg::pool wrong("postgres://secret:no@127.0.0.1:" + port + "/postgres");
    std::string said = co_await refusal(wrong.connect());
    EXPECT_NE(said.find("password authentication failed for user \"secret\""), said.npos) << said;
    EXPECT_EQ(said.find("no@"), said.npos) << "the password is shown: " << said;
    pg::pool verified("host=localhost port=" + port +
                      " user=app dbname=postgres sslmode=verify-full sslrootcert=" + ca);
    EXPECT_EQ(
        co_await verified.one<bool>("select ssl from pg_stat_ssl where pid = pg_backend_pid()"),
        true);
    pg::pool other_name("host=wrong.example hostaddr=127.0.0.1 port=" + port +
                        " user=app dbname=postgres sslmode=verify-full sslrootcert=" + ca);
    said = co_await refusal(other_name.connect());
    EXPECT_NE(said.find("does not match host name \"wrong.example\""), said.npos) << said;
    pg::pool other_ca("host=localhost port=" + port +
                      " user=app dbname=postgres sslmode=verify-full sslrootcert=" +
                      test::certificates::pem("other_ca"));
    said = co_await refusal(other_ca.connect());
    EXPECT_NE(said.find("certificate verify failed"), said.npos) << said;
  });
  auto nonsense = []() -> task<> {
    EXPECT_THROW(pg::pool("nonsense"), rondo::usage_error);
    for (const char* wrong : {"postgres://app:se%zzcret@db/shop", "password=se cret host=db"}) {
      try {
        pg::pool d(wrong);
        ADD_FAILURE() << wrong << " was understood";
      } catch (const rondo::usage_error& e) {
        std::string said = e.what();
        EXPECT_EQ(said.find("cret"), said.npos) << "a part of the password is shown: " << said;
        EXPECT_EQ(said.find("pg::pool: "), 0u) << said;
      }
    }
    EXPECT_THROW(pg::pool("host=x", {.max = 0}), rondo::usage_error);
    co_return;
  };
  rondo::run(nonsense());
  EXPECT_THROW(pg::pool("host=x"), rondo::usage_error) << "outside of a loop";
}

TEST(pg_failure, a_link_that_is_cut_anywhere_is_an_error_and_the_next_one_works) {
  test::postgres& server = test::postgres::instance();
  // Forwards so many bytes of the server's, then closes.
  std::size_t budget = 0;
  auto main = [&]() -> task<> {
    auto forward = [&](rondo::stream client) -> task<> {
      rondo::stream upstream =
          co_await rondo::open_connection("127.0.0.1", static_cast<std::uint16_t>(server.port));
      auto up = [&]() -> task<> {
        for (;;) {
          std::string s = co_await client.read();
          if (s.empty()) co_return;
          co_await upstream.write(s);
        }
      };
      auto down = [&]() -> task<> {
        for (;;) {
          std::string s = co_await upstream.read();
          std::size_t n = std::min(s.size(), budget);
          budget -= n;
          co_await client.write(std::string_view(s).substr(0, n));
          if (s.empty() || budget == 0) co_return;
        }
      };
      try {
        co_await rondo::race(up(), down());
      } catch (const std::system_error&) {
      }
    };
    rondo::server proxy = co_await rondo::start_server(forward, "127.0.0.1", 0);
    std::string url =
        "postgres://app@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres?sslmode=disable";
    int failed = 0, whole = 0;
    for (std::size_t cut = 1; cut < 1500; cut += cut < 600 ? 7 : 31) {
      budget = cut;
      pg::pool d(url, {.max = 1});
      std::string said = co_await refusal(d.connect());
      if (said == "no error") {
        auto asked =
            d.all<std::string>("select repeat('x', 10) || i from generate_series(1, 20) i");
        said = co_await refusal(std::move(asked));
      }
      ++(said == "no error" ? whole : failed);
    }
    co_await proxy.close();
    EXPECT_GT(failed, 50);
    EXPECT_GT(whole, 3);
  };
  rondo::run(main());
}

TEST(pg_failure, a_demoted_primary_is_left_for_the_new_one) {
  test::postgres primary;
  test::postgres standby(test::postgres::standby_of{primary});
  std::string hosts = "host=127.0.0.1,127.0.0.1 port=" + std::to_string(primary.port) + "," +
                      std::to_string(standby.port) +
                      " user=app dbname=postgres target_session_attrs=";
  with_pool(
      [&](pg::pool& d) -> task<> {
        co_await d.execute("create table t(n int)");
        pg::pool reads(hosts + "prefer-standby", {.max = 1});
        EXPECT_EQ(co_await reads.one<bool>("select pg_is_in_recovery()"), true);
        std::vector<task<>> all;
        int inserted = 0, failed = 0;
        bool promoted = false;
        auto worker = [&](int) -> task<> {
          int after = 0;
          while (after < 3) {
            try {
              co_await d.execute("insert into t values(1)");
              ++inserted;
              if (promoted) ++after;
              continue;
            } catch (const std::exception&) {
              ++failed;
            }
            co_await rondo::sleep(10ms);
          }
        };
        auto failover = [&]() -> task<> {
          co_await rondo::sleep(100ms);
          primary.kill(SIGKILL);
          standby.promote();
          promoted = true;
        };
        for (int i = 0; i < 1000; ++i) all.push_back(worker(i));
        all.push_back(failover());
        co_await rondo::gather(std::move(all));
        EXPECT_GT(inserted, 3000);
        EXPECT_EQ(co_await d.one<bool>("select pg_is_in_recovery()"), false);
      },
      {.max = 8}, hosts + "read-write");
}

TEST(pg_failure, a_connection_whose_server_takes_no_writes_is_given_up) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("drop table if exists w");
        co_await d.execute("create table w(n int)");
        co_await d.execute("select set_config('default_transaction_read_only', 'on', false)");
        EXPECT_EQ((co_await refusal(d.execute("insert into w values(1)"))).substr(0, 5), "25006");
        EXPECT_EQ(co_await d.execute("insert into w values(1)"), 1u) << "the same connection again";
        EXPECT_EQ(d.statistics().connected, 2u);
        co_await d.execute("drop table w");
      },
      {.max = 1}, test::postgres::instance().url("?target_session_attrs=read-write"));
}

TEST(pg_failure, an_idle_connection_is_closed_and_an_old_one_replaced) {
  with_pool(
      [](pg::pool& d) -> task<> {
        int first = co_await d.one<int>("select pg_backend_pid()");
        co_await rondo::sleep(30ms);
        co_await d.query("select 1");
        EXPECT_NE(co_await d.one<int>("select pg_backend_pid()"), first);
      },
      {.max = 1, .max_lifetime = 20ms});
  with_pool(
      [](pg::pool& d) -> task<> {
        std::vector<task<int>> all;
        for (int i = 0; i < 3; ++i) all.push_back(d.one<int>("select 1 from pg_sleep(0.1)"));
        co_await rondo::gather(std::move(all));
        EXPECT_EQ(d.statistics().connected, 3u);
        while (d.statistics().connections > 1) co_await rondo::sleep(5ms);
        co_await rondo::sleep(60ms);
        EXPECT_EQ(d.statistics().connections, 1u) << "fewer than min";
      },
      {.min = 1, .max = 3, .max_idle = 20ms});
}

}  // namespace
