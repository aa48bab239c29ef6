// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The least that a client of PostgreSQL can cost with libpq: no coroutines, no pool, no
// conversions but atoi. Same arguments and lines as rondo_bench.
//
//   floor_libpq pg|pg_pipe|pg_batch CONNINFO N CONC
//   floor_libpq pg_copy|pg_stream CONNINFO N
#define _GNU_SOURCE
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static double wall0, cpu0;
static void begin(void) {
  wall0 = seconds(CLOCK_MONOTONIC);
  cpu0 = seconds(CLOCK_PROCESS_CPUTIME_ID);
}
static void end(const char* name, const char* unit, long n) {
  double wall = (seconds(CLOCK_MONOTONIC) - wall0) * 1e6 / (double)n;
  double cpu = (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu0) * 1e6 / (double)n;
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  printf("RESULT %s %.3f us/%s\nRESULT %s_cpu %.3f us/%s rss=%ld\n", name, wall, unit, name, cpu,
         unit, r.ru_maxrss * 1024);
}
static void die(PGconn* c, const char* what) {
  fprintf(stderr, "%s: %s\n", what, PQerrorMessage(c));
  exit(1);
}
static PGconn* connect_to(const char* conninfo, int pipeline) {
  PGconn* c = PQconnectdb(conninfo);
  if (PQstatus(c) != CONNECTION_OK) die(c, "connect");
  PGresult* r = PQprepare(c, "q", "select $1::int", 0, NULL);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) die(c, "prepare");
  PQclear(r);
  PQsetnonblocking(c, 1);
  if (pipeline && !PQenterPipelineMode(c)) die(c, "pipeline");
  return c;
}
static void send_query(PGconn* c, long i) {
  char text[24];
  snprintf(text, sizeof text, "%ld", i);
  const char* values[] = {text};
  if (!PQsendQueryPrepared(c, "q", 1, values, NULL, NULL, 0)) die(c, "send");
}

/// CONC connections, one query at a time on each.
static void pool(const char* conninfo, long n, int conc) {
  PGconn** all = calloc((size_t)conc, sizeof *all);
  long* asked = calloc((size_t)conc, sizeof *asked);
  int poll_fd = epoll_create1(0);
  for (int i = 0; i < conc; ++i) {
    all[i] = connect_to(conninfo, 0);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (unsigned)i};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, PQsocket(all[i]), &e);
  }
  begin();
  long sent = 0, got = 0;
  for (int i = 0; i < conc && sent < n; ++i) {
    asked[i] = sent;
    send_query(all[i], sent++);
    PQflush(all[i]);
  }
  while (got < n) {
    struct epoll_event events[64];
    int ready = epoll_wait(poll_fd, events, 64, -1);
    for (int k = 0; k < ready; ++k) {
      int i = (int)events[k].data.u32;
      PGconn* c = all[i];
      if (!PQconsumeInput(c)) die(c, "read");
      while (!PQisBusy(c)) {
        PGresult* r = PQgetResult(c);
        if (!r) {
          if (sent < n) {
            asked[i] = sent;
            send_query(c, sent++);
            PQflush(c);
          }
          break;
        }
        if (PQresultStatus(r) != PGRES_TUPLES_OK || atol(PQgetvalue(r, 0, 0)) != asked[i])
          die(c, "answer");
        PQclear(r);
        ++got;
      }
    }
  }
  end("pg", "query", n);
}

/// One connection, CONC queries under way, a Sync behind each `every` of them.
static void pipelined(const char* name, const char* conninfo, long n, int conc, int every) {
  PGconn* c = connect_to(conninfo, 1);
  begin();
  long sent = 0, got = 0, synced = 0;
  while (got < n || synced < (n + every - 1) / every) {
    while (sent < n && sent - got < conc) {
      send_query(c, sent++);
      if (sent % every == 0 || sent == n) PQpipelineSync(c);
    }
    int left = PQflush(c);
    if (left < 0) die(c, "flush");
    struct pollfd p = {PQsocket(c), (short)(POLLIN | (left ? POLLOUT : 0)), 0};
    poll(&p, 1, -1);
    if (!PQconsumeInput(c)) die(c, "read");
    for (int nulls = 0; !PQisBusy(c) && (got < sent || synced * every < got || synced == 0);) {
      PGresult* r = PQgetResult(c);
      if (!r) {
        if (++nulls == 2) break;
        continue;
      }
      nulls = 0;
      ExecStatusType s = PQresultStatus(r);
      if (s == PGRES_PIPELINE_SYNC) {
        ++synced;
      } else if (s != PGRES_TUPLES_OK || atol(PQgetvalue(r, 0, 0)) != got++) {
        die(c, "answer");
      }
      PQclear(r);
    }
  }
  end(name, "query", n);
}

static void must(PGconn* c, const char* sql) {
  PGresult* r = PQexec(c, sql);
  if (PQresultStatus(r) != PGRES_COMMAND_OK) die(c, sql);
  PQclear(r);
}

static void copy(const char* conninfo, long n) {
  PGconn* c = PQconnectdb(conninfo);
  must(c, "drop table if exists bench_copy");
  must(c, "create unlogged table bench_copy(id int, name text)");
  PQsetnonblocking(c, 1);
  begin();
  PQclear(PQexec(c, "copy bench_copy from stdin"));
  char buffer[33 * 1024];
  size_t used = 0;
  for (long i = 0; i <= n; ++i) {
    if (i < n) used += (size_t)sprintf(buffer + used, "%ld\tname of the row %05ld\n", i, i % 10000);
    if (used < 32 * 1024 && i < n) continue;
    while (PQputCopyData(c, buffer, (int)used) == 0 || PQflush(c) > 0) {
      struct pollfd p = {PQsocket(c), POLLIN | POLLOUT, 0};
      poll(&p, 1, -1);
      PQconsumeInput(c);
      if (PQflush(c) == 0) break;
    }
    used = 0;
  }
  PQsetnonblocking(c, 0);
  PQputCopyEnd(c, NULL);
  PGresult* r = PQgetResult(c);
  if (atol(PQcmdTuples(r)) != n) die(c, "copy");
  PQclear(r);
  end("pg_copy", "row", n);
}

static void stream(const char* conninfo, long n) {
  PGconn* c = PQconnectdb(conninfo);
  char text[24];
  snprintf(text, sizeof text, "%ld", n);
  const char* values[] = {text};
  begin();
  PQsendQueryParams(c, "select i, 'name of the row ' || i % 10000 from generate_series(1, $1::int) i",
                    1, NULL, values, NULL, NULL, 0);
  PQsetSingleRowMode(c);
  long got = 0, bytes = 0;
  PGresult* r;
  while ((r = PQgetResult(c))) {
    if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
      ++got;
      if (atol(PQgetvalue(r, 0, 0)) != got) die(c, "row");
      bytes += PQgetlength(r, 0, 1);
    }
    PQclear(r);
  }
  if (got != n || bytes == 0) die(c, "rows");
  end("pg_stream", "row", n);
}

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  long n = atol(argv[3]);
  int conc = argc > 4 ? atoi(argv[4]) : 1;
  if (!strcmp(argv[1], "pg")) {
    pool(argv[2], n, conc);
  } else if (!strcmp(argv[1], "pg_pipe")) {
    pipelined("pg_pipe", argv[2], n, conc, 1);
  } else if (!strcmp(argv[1], "pg_batch")) {
    pipelined("pg_batch", argv[2], n, conc, conc);
  } else if (!strcmp(argv[1], "pg_copy")) {
    copy(argv[2], n);
  } else if (!strcmp(argv[1], "pg_stream")) {
    stream(argv[2], n);
  } else {
    return 64;
  }
  return 0;
}
