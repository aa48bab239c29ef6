// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors
//
// The load for the echo workload: a closed loop of fixed-size messages over a
// fixed number of connections, each reply verified byte for byte.
//
//   echo_load PORT [--requests N] [--connections 64] [--size 1024]
//             [--warmup N] [--server-pid PID]
//
// Every request carries its own bytes (a window into random data that moves
// with connection and sequence), so a reply that is late, doubled or another
// connection's is an error. With --server-pid the server's CPU clock (all its
// threads, in nanoseconds) is read at both ends of the measured window.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { pattern_size = 1 << 20, batch = 256 };

struct connection {
  int fd;
  uint32_t offset; // of this request's bytes in the pattern
  uint32_t sent, received;
  uint64_t began;
};

static unsigned char *pattern;
static uint32_t size = 1024;
static uint64_t started, finished, total, warmup;
static uint32_t *latency;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t ns(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) < 0) die("clock_gettime");
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void wait_for(int ep, struct connection *c, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &event) < 0) die("epoll_ctl");
}

static int push(struct connection *c) { // 1 when the whole request is out
  while (c->sent < size) {
    ssize_t n = send(c->fd, pattern + c->offset + c->sent, size - c->sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN) return 0;
      die("send");
    }
    c->sent += (uint32_t)n;
  }
  return 1;
}

static void begin(int ep, struct connection *c) {
  if (started == total) return;
  c->offset = (uint32_t)((started++ * 2654435761u) % (pattern_size - size));
  c->sent = c->received = 0;
  c->began = ns(CLOCK_MONOTONIC);
  if (!push(c)) wait_for(ep, c, EPOLLIN | EPOLLOUT);
}

static void on_event(int ep, struct connection *c, uint32_t events) {
  static unsigned char buffer[1 << 16];
  if (events & EPOLLOUT && c->sent < size && push(c)) wait_for(ep, c, EPOLLIN);
  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
  ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
  if (n < 0) {
    if (errno == EAGAIN) return;
    die("recv");
  }
  if (n == 0) {
    fprintf(stderr, "the server closed a connection\n");
    exit(1);
  }
  if ((uint64_t)n > c->sent - c->received || memcmp(buffer, pattern + c->offset + c->received, (size_t)n)) {
    fprintf(stderr, "wrong bytes after %llu requests\n", (unsigned long long)finished);
    exit(1);
  }
  c->received += (uint32_t)n;
  if (c->received < size) return;
  uint64_t took = ns(CLOCK_MONOTONIC) - c->began;
  if (finished >= warmup) latency[finished - warmup] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
  finished++;
  begin(ep, c);
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  uint64_t requests = 100000, connections = 64;
  int pid = 0;
  if (argc < 2 || argc % 2) {
    fprintf(stderr, "usage: echo_load PORT [--requests N] [--connections N] [--size N] [--warmup N] [--server-pid PID]\n");
    return 64;
  }
  warmup = UINT64_MAX;
  for (int i = 2; i + 1 < argc; i += 2) {
    uint64_t value = strtoull(argv[i + 1], NULL, 10);
    if (!strcmp(argv[i], "--requests")) requests = value;
    else if (!strcmp(argv[i], "--connections")) connections = value;
    else if (!strcmp(argv[i], "--size")) size = (uint32_t)value;
    else if (!strcmp(argv[i], "--warmup")) warmup = value;
    else if (!strcmp(argv[i], "--server-pid")) pid = (int)value;
    else return 64;
  }
  if (!requests || !connections || !size || size > pattern_size / 2) return 64;
  if (warmup == UINT64_MAX) warmup = requests / 10;
  total = warmup + requests;

  pattern = malloc(pattern_size);
  latency = malloc(requests * sizeof *latency);
  struct connection *all = calloc(connections, sizeof *all);
  if (!pattern || !latency || !all) die("malloc");
  memset(latency, 0, requests * sizeof *latency); // no page fault while measuring
  uint64_t seed = 88172645463325252u;
  for (size_t i = 0; i < pattern_size; i++) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    pattern[i] = (unsigned char)(seed >> 32);
  }

  clockid_t server = 0;
  if (pid && (errno = clock_getcpuclockid(pid, &server))) die("clock_getcpuclockid");
  int ep = epoll_create1(EPOLL_CLOEXEC);
  if (ep < 0) die("epoll_create1");
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(argv[1])),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  for (uint64_t i = 0; i < connections; i++) {
    struct connection *c = &all[i];
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket");
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) < 0) die("fcntl");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl");
  }
  for (uint64_t i = 0; i < connections; i++) begin(ep, &all[i]);

  struct epoll_event events[batch];
  uint64_t wall = 0, cpu = 0;
  int measuring = 0;
  uint64_t first = 0; // the request the window opened at
  while (finished < total) {
    if (!measuring && finished >= warmup) {
      measuring = 1;
      first = finished;
      cpu = pid ? ns(server) : 0;
      wall = ns(CLOCK_MONOTONIC);
    }
    int n = epoll_wait(ep, events, batch, 10000);
    if (n < 0 && errno != EINTR) die("epoll_wait");
    if (n == 0) {
      fprintf(stderr, "no reply for 10 s after %llu requests\n", (unsigned long long)finished);
      return 1;
    }
    for (int i = 0; i < n; i++) on_event(ep, events[i].data.ptr, events[i].events);
  }
  wall = ns(CLOCK_MONOTONIC) - wall;
  if (pid) cpu = ns(server) - cpu;
  double measured = (double)(total - first);

  qsort(latency, requests, sizeof *latency, compare);
  if (pid) printf("RESULT echo_cpu %.3f us/request\n", (double)cpu / measured / 1e3);
  printf("RESULT echo_wall %.3f us/request requests=%llu wall_s=%.3f verified_bytes=%llu\n", (double)wall / measured / 1e3,
         (unsigned long long)requests, (double)wall / 1e9, (unsigned long long)(total * size));
  static const struct { const char *name; double at; } marks[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};
  for (int i = 0; i < 3; i++)
    printf("RESULT echo_%s %.1f us\n", marks[i].name, latency[(size_t)((double)(requests - 1) * marks[i].at)] / 1e3);
  return 0;
}
