// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Workloads of databases, as a user would write them.
#include "databases.hpp"

#include <sys/resource.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/rondo.hpp>

#if defined(RONDO_BENCH_PG)
#include <rondo/pg.hpp>
#endif
#if defined(RONDO_BENCH_SQLITE)
#include <rondo/sqlite.hpp>
#endif
#if defined(RONDO_BENCH_REDIS)
#include <rondo/redis.hpp>
#endif

namespace {

double seconds(clockid_t which) {
  timespec t;
  clock_gettime(which, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

class measured {
 public:
  measured(const char* name, const char* unit, long n) : name_(name), unit_(unit), n_(n) {}
  ~measured() {
    double each = 1e6 / static_cast<double>(n_);
    double wall = (seconds(CLOCK_MONOTONIC) - wall_) * each;
    double cpu = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_) * each;
    rusage r;
    getrusage(RUSAGE_SELF, &r);
    std::printf("RESULT %s %.3f us/%s\nRESULT %s_cpu %.3f us/%s rss=%ld\n", name_, wall, unit_,
                name_, cpu, unit_, r.ru_maxrss * 1024);
  }

 private:
  const char* name_;
  const char* unit_;
  long n_;
  double wall_ = seconds(CLOCK_MONOTONIC);
  double cpu_ = seconds(CLOCK_PROCESS_CPUTIME_ID);
};

[[noreturn]] void wrong(const char* what) {
  std::fprintf(stderr, "%s: a wrong answer\n", what);
  std::exit(1);
}

using rondo::task;

#if defined(RONDO_BENCH_PG)
namespace pg = rondo::pg;

task<> ask(pg::pool& db, long from, long to) {
  for (long i = from; i < to; ++i)
    if (co_await db.one<long>("select $1::int", i) != i) wrong("pg");
}

task<> in_tasks(pg::pool& db, long n, long tasks) {
  std::vector<task<>> all;
  for (long i = 0; i < tasks; ++i) all.push_back(ask(db, n * i / tasks, n * (i + 1) / tasks));
  co_await rondo::gather(std::move(all));
}

task<> queries(const char* name, std::string conninfo, long n, int tasks,
               pg::pool_options options) {
  pg::pool db(conninfo, options);
  co_await in_tasks(db, tasks * 10, tasks);  // connections and prepared statements
  {
    measured here(name, "query", n);
    co_await in_tasks(db, n, tasks);
  }
  co_await db.close();
}

task<> batches(std::string conninfo, long n, long size) {
  pg::pool db(conninfo, {.max = 1});
  co_await in_tasks(db, 10, 1);
  measured here("pg_batch", "query", n);
  for (long i = 0; i < n; i += size) {
    pg::batch b;
    for (long k = i; k < std::min(n, i + size); ++k) b.add("select $1::int", k);
    auto results = co_await db.run(std::move(b));
    for (std::size_t k = 0; k < results.size(); ++k)
      if (results[k].one<long>() != i + static_cast<long>(k)) wrong("pg_batch");
  }
}

rondo::async_generator<std::string> rows(long n) {
  std::string piece;
  for (long i = 0; i < n; ++i) {
    char line[64];
    piece.append(line, static_cast<std::size_t>(std::snprintf(
                           line, sizeof line, "%ld\tname of the row %05ld\n", i, i % 10000)));
    if (piece.size() > 32 * 1024 || i + 1 == n) {
      co_yield std::move(piece);
      piece.clear();
    }
  }
}

task<> copy(std::string conninfo, long n) {
  pg::pool db(conninfo);
  co_await db.execute("drop table if exists bench_copy");
  co_await db.execute("create unlogged table bench_copy(id int, name text)");
  measured here("pg_copy", "row", n);
  if (co_await db.copy_in("copy bench_copy from stdin", rows(n)) != static_cast<std::uint64_t>(n))
    wrong("pg_copy");
}

task<> stream(std::string conninfo, long n) {
  pg::pool db(conninfo);
  co_await db.query("select 1");
  measured here("pg_stream", "row", n);
  auto all = db.rows<std::tuple<long, std::string>>(
      "select i, 'name of the row ' || i % 10000 from generate_series(1, $1::int) i", n);
  long got = 0;
  while (auto row = co_await all.next())
    if (std::get<0>(*row) != ++got) wrong("pg_stream");
  if (got != n) wrong("pg_stream");
}

/// From the cancellation of a statement at a random moment until its connection, the only one,
/// has answered the next one.
task<> cancels(std::string conninfo, long n) {
  using clock = std::chrono::steady_clock;
  pg::pool db(conninfo, {.max = 1});
  std::mt19937 random(1);
  std::vector<double> milliseconds;
  for (long i = 0; i < n; ++i) {
    auto asked = db.query("select pg_sleep(10)");
    co_await rondo::move_on_after(std::move(asked), std::chrono::microseconds(random() % 3000));
    auto began = clock::now();
    if (co_await db.one<long>("select $1::int", i) != i) wrong("pg_cancel");
    milliseconds.push_back(std::chrono::duration<double, std::milli>(clock::now() - began).count());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  auto at = [&](double share) {
    return milliseconds[static_cast<std::size_t>(share * static_cast<double>(n - 1))];
  };
  std::printf("RESULT pg_cancel %.3f ms p99=%.3f max=%.3f connections=%zu\n", at(0.5), at(0.99),
              at(1), db.statistics().connected);
  co_await db.close();
}

bool run_pg(std::string_view name, int argc, char** argv) {
  if (!name.starts_with("pg") || argc < 4) return false;
  std::string conninfo = argv[2];
  long n = std::atol(argv[3]);
  int conc = argc > 4 ? std::atoi(argv[4]) : 1;
  if (name == "pg") {
    rondo::run(queries("pg", conninfo, n, conc, {.max = conc}));
  } else if (name == "pg_pipe") {
    rondo::run(queries("pg_pipe", conninfo, n, conc, {.max = 1, .pipeline = conc}));
  } else if (name == "pg_batch") {
    rondo::run(batches(conninfo, n, conc));
  } else if (name == "pg_cancel") {
    rondo::run(cancels(conninfo, n));
  } else if (name == "pg_copy") {
    rondo::run(copy(conninfo, n));
  } else if (name == "pg_stream") {
    rondo::run(stream(conninfo, n));
  } else {
    return false;
  }
  return true;
}
#endif

#if defined(RONDO_BENCH_SQLITE)
task<rondo::sqlite::database> open_empty(std::string file) {
  for (const char* part : {"", "-wal", "-shm"}) std::filesystem::remove(file + part);
  auto db = co_await rondo::sqlite::open(file, {.synchronous = rondo::sqlite::synchronous::normal});
  co_await db.execute("create table t(id integer primary key, name text, score real)");
  co_return db;
}

constexpr const char* insert_row = "insert into t values(?, ?, ?)";

task<> bench_sqlite(std::string file, long n, long tasks) {
  auto db = co_await open_empty(std::move(file));
  auto all = [&](rondo::sqlite::transaction& t) -> task<> {
    auto insert = [&](long first) -> task<> {
      for (long i = first; i < n; i += tasks) co_await t.execute(insert_row, i, "name", 0.5);
    };
    co_await rondo::gather(std::views::iota(0L, tasks) | std::views::transform(insert));
  };
  {
    measured here("sqlite", "row", n);
    co_await db.transaction(all);
  }
  if (co_await db.one<long>("select count(*) from t") != n) std::abort();
}

task<> bench_sqlite_many(std::string file, long n) {
  auto db = co_await open_empty(std::move(file));
  auto rows = std::views::iota(0L, n) |
              std::views::transform([](long i) { return std::tuple(i, "name", 0.5); });
  {
    measured here("sqlite_many", "row", n);
    co_await db.execute_many(insert_row, rows);
  }
  auto again = [n](rondo::sqlite::session& s) {
    for (long i = n; i < 2 * n; ++i) s.execute(insert_row, i, "name", 0.5);
  };
  {
    measured here("sqlite_run", "row", n);
    co_await db.run(again);
  }
  if (co_await db.one<long>("select count(*) from t") != 2 * n) std::abort();
}

/// Each task reads a row by its key, one at a time.
task<> bench_sqlite_select(std::string file, long n, long tasks) {
  auto db = co_await open_empty(std::move(file));
  constexpr long rows = 10'000;
  auto fill = [](rondo::sqlite::session& s) {
    for (long i = 0; i < rows; ++i) s.execute(insert_row, i, "name", 0.5);
  };
  co_await db.run(fill);
  auto read = [&](long first) -> task<> {
    for (long i = first; i < n; i += tasks) {
      auto found = co_await db.one<std::tuple<long, std::string, double>>(
          "select id, name, score from t where id = ?", i % rows);
      if (std::get<0>(found) != i % rows) std::abort();
    }
  };
  measured here("sqlite_select", "row", n);
  co_await rondo::gather(std::views::iota(0L, tasks) | std::views::transform(read));
}

bool run_sqlite(std::string_view name, int argc, char** argv) {
  if (!name.starts_with("sqlite") || argc < 4) return false;
  long n = std::atol(argv[3]);
  long tasks = argc > 4 ? std::atol(argv[4]) : 1;
  if (name == "sqlite") {
    rondo::run(bench_sqlite(argv[2], n, tasks));
  } else if (name == "sqlite_many") {
    rondo::run(bench_sqlite_many(argv[2], n));
  } else if (name == "sqlite_select") {
    rondo::run(bench_sqlite_select(argv[2], n, tasks));
  } else {
    return false;
  }
  return true;
}
#endif

#if defined(RONDO_BENCH_REDIS)
task<> set_and_get(rondo::redis::client& r, long who, long& left) {
  std::string key = "key:" + std::to_string(100'000'000'000 + who);
  std::string value = "0123456789abcdef";
  while (left-- > 0) {
    co_await r.set(key, value);
    auto got = co_await r.get(key);
    if (got != value) throw std::runtime_error("redis: another value came back");
  }
}

// N times SET, then GET, of 16 bytes; an operation is one of them.
task<> bench_redis(int port, long n, long tasks) {
  auto r = co_await rondo::redis::connect("redis://127.0.0.1:" + std::to_string(port));
  std::vector<task<>> all;
  long left = n;
  for (long i = 0; i < tasks; ++i) all.push_back(set_and_get(r, i, left));
  measured here("redis", "op", 2 * n);
  co_await rondo::gather(std::move(all));
}

bool run_redis(std::string_view name, int argc, char** argv) {
  if (name != "redis" || argc < 5) return false;
  rondo::run(bench_redis(std::atoi(argv[2]), std::atol(argv[3]), std::atol(argv[4])));
  return true;
}
#endif

}  // namespace

bool run_database_workload(int argc, char** argv) {
  std::string_view name = argv[1];
#if defined(RONDO_BENCH_PG)
  if (run_pg(name, argc, argv)) return true;
#endif
#if defined(RONDO_BENCH_SQLITE)
  if (run_sqlite(name, argc, argv)) return true;
#endif
#if defined(RONDO_BENCH_REDIS)
  if (run_redis(name, argc, argv)) return true;
#endif
  return false;
}
