// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Through a pooler that gives each transaction another server session.
#include <gtest/gtest.h>

#include "pg/pool.hpp"

namespace {

using namespace std::chrono_literals;
namespace pg = rondo::pg;
using rondo::task;
using test::refusal;
using test::with_pool;

/// PgBouncer in front of the tests' server.
class pgbouncer {
 public:
  pgbouncer() : port_(test::free_port()) {
    test::postgres& server = test::postgres::instance();
    std::ofstream(folder_ / "users.txt") << "\"app\" \"\"\n";
    std::ofstream(folder_ / "conf.ini")
        << "[databases]\npostgres = host=127.0.0.1 port=" << server.port
        << " dbname=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = " << port_
        << "\nauth_type = trust\nauth_file = " << folder_ / "users.txt"
        << "\npool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = "
           "200\nunix_socket_dir =\n"
           "logfile = "
        << folder_ / "log" << "\npidfile = " << folder_ / "pid" << "\n";
    std::filesystem::permissions(folder_.path, std::filesystem::perms(0777));
    std::string conf = folder_ / "conf.ini";
    pid_ = ::fork();
    if (pid_ == 0) {
      int log = ::open((folder_ / "out").c_str(), O_WRONLY | O_CREAT, 0600);
      ::dup2(log, 1);
      ::dup2(log, 2);
      if (::getuid() == 0)
        ::execl("/usr/sbin/pgbouncer", "pgbouncer", "-u", "nobody", conf.c_str(), nullptr);
      else
        ::execl("/usr/sbin/pgbouncer", "pgbouncer", conf.c_str(), nullptr);
      ::_exit(127);
    }
    std::string ready =
        test::postgres_programs() + "/pg_isready -q -h 127.0.0.1 -p " + std::to_string(port_);
    for (int i = 0; i < 1000 && std::system(ready.c_str()) != 0; ++i) ::poll(nullptr, 0, 10);
  }
  ~pgbouncer() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string url() const {
    return "postgres://app@127.0.0.1:" + std::to_string(port_) + "/postgres";
  }

 private:
  test::folder folder_;
  int port_;
  pid_t pid_ = 0;
};

void works_through(const std::string& url, bool prepare) {
  with_pool(
      [](pg::pool& d) -> task<> {
        co_await d.execute("create table if not exists b(n int)");
        auto worker = [&](int first) -> task<> {
          for (int i = first; i < 400; i += 20) {
            EXPECT_EQ(co_await d.one<int>("select $1::int", i), i);
            EXPECT_EQ(co_await d.one<std::string>("select 'x' || $1::text", std::to_string(i)),
                      "x" + std::to_string(i));
            auto body = [&](pg::transaction& t) -> task<> {
              co_await t.execute("insert into b values($1)", i);
              EXPECT_EQ(co_await t.one<int>("select count(*)::int from b where n = $1", i), 1);
              co_await t.execute("delete from b where n = $1", i);
            };
            co_await d.transaction(body);
          }
        };
        std::vector<task<>> all;
        for (int i = 0; i < 20; ++i) all.push_back(worker(i));
        co_await rondo::gather(std::move(all));
        std::vector<int> many{1, 2, 3};
        EXPECT_EQ(co_await d.execute_many("insert into b values($1)", many), 3u);
        auto slow = d.query("select pg_sleep(60)");
        EXPECT_FALSE(co_await rondo::move_on_after(std::move(slow), 50ms));
        EXPECT_EQ(co_await d.execute("delete from b"), 3u);
        co_await d.execute("drop table b");
      },
      {.max = 10, .prepare = prepare}, url);
}

TEST(pg_bouncer, works_without_prepared_statements) {
  pgbouncer bouncer;
  works_through(bouncer.url(), false);
}

}  // namespace
