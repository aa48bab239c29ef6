// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The floor of the SQLite workloads: the C API on one thread, statements prepared once.
//   floor_sqlite sqlite FILE N CONC | sqlite_many FILE N | sqlite_select FILE N CONC
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static sqlite3* db;

static void check(int code, int wanted) {
  if (code == wanted) return;
  fprintf(stderr, "floor_sqlite: %s\n", sqlite3_errmsg(db));
  exit(1);
}
static void run(const char* sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK); }

static double clock_us(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static sqlite3_stmt* prepare(const char* sql) {
  sqlite3_stmt* s;
  check(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  return s;
}

static void insert(long first, long end) {
  sqlite3_stmt* s = prepare("insert into t values(?, ?, ?)");
  run("begin immediate");
  for (long i = first; i < end; ++i) {
    sqlite3_bind_int64(s, 1, i);
    sqlite3_bind_text(s, 2, "name", 4, SQLITE_STATIC);
    sqlite3_bind_double(s, 3, 0.5);
    check(sqlite3_step(s), SQLITE_DONE);
    sqlite3_reset(s);
  }
  run("commit");
  sqlite3_finalize(s);
}

static void select_rows(long n, long rows) {
  sqlite3_stmt* s = prepare("select id, name, score from t where id = ?");
  for (long i = 0; i < n; ++i) {
    sqlite3_bind_int64(s, 1, i % rows);
    check(sqlite3_step(s), SQLITE_ROW);
    if (sqlite3_column_int64(s, 0) != i % rows || !sqlite3_column_text(s, 1) ||
        sqlite3_column_double(s, 2) != 0.5)
      abort();
    check(sqlite3_step(s), SQLITE_DONE);
    sqlite3_reset(s);
  }
  sqlite3_finalize(s);
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "version") == 0) {
    printf("VERSION SQLite %s, C API\n", sqlite3_libversion());
    return 0;
  }
  if (argc < 4 || strncmp(argv[1], "sqlite", 6) != 0) return 64;
  const char* parts[] = {"", "-wal", "-shm"};
  for (int i = 0; i < 3; ++i) {
    char name[4096];
    snprintf(name, sizeof name, "%s%s", argv[2], parts[i]);
    unlink(name);
  }
  long n = atol(argv[3]);
  check(sqlite3_open_v2(argv[2], &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL),
        SQLITE_OK);
  run("pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on");
  run("create table t(id integer primary key, name text, score real)");
  const long rows = 10000;
  int reads = strcmp(argv[1], "sqlite_select") == 0;
  if (reads) insert(0, rows);
  double wall = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
  if (reads) {
    select_rows(n, rows);
  } else {
    insert(0, n);
  }
  wall = clock_us(CLOCK_MONOTONIC) - wall;
  cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  printf("RESULT %s %.3f us/row\nRESULT %s_cpu %.3f us/row\n", argv[1], wall / (double)n, argv[1],
         cpu / (double)n);
  sqlite3_close(db);
  return 0;
}
