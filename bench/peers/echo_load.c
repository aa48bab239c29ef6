// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors
//
// The load for the echo workload: a closed loop of fixed-size messages over a
// fixed number of connections, each reply verified byte for byte.
//
//   echo_load PORT [--requests N] [--connections 64] [--size 1024]
//             [--warmup N] [--server-pid PID] [--websocket 1]
//
// With --websocket 1 each message is a masked binary frame, and its reply one
// that is not; sizes are those of the payload, from 126 to 65535.
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
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { pattern_size = 1 << 20, batch = 256 };

struct connection {
  int fd;
  uint32_t offset; // of this request's bytes in the pattern
  uint32_t sent, received; // with their frames' heads
  uint64_t began;
};

static unsigned char *pattern;  // of what comes back
static unsigned char *outgoing; // the same, masked if it must be
// The mask is the same byte four times, so that it does not depend on the offset.
static unsigned char out_head[8] = {0x82, 0xFE, 0, 0, 0x5A, 0x5A, 0x5A, 0x5A};
static unsigned char in_head[4] = {0x82, 0x7E, 0, 0};
static uint32_t out_head_size, in_head_size; // 0: no frames
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
  while (c->sent < out_head_size + size) {
    struct iovec parts[2];
    int count = 0;
    if (c->sent < out_head_size)
      parts[count++] = (struct iovec){out_head + c->sent, out_head_size - c->sent};
    uint32_t done = c->sent > out_head_size ? c->sent - out_head_size : 0;
    parts[count++] = (struct iovec){outgoing + c->offset + done, size - done};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN) return 0;
      die("send");
    }
    c->sent += (uint32_t)n;
  }
  return 1;
}

// Whether n bytes are those that come next.
static int right(const struct connection *c, const unsigned char *bytes, size_t n) {
  uint32_t at = c->received;
  if (at + n > in_head_size + size) return 0;
  while (n > 0 && at < in_head_size) {
    if (*bytes++ != in_head[at++]) return 0;
    n--;
  }
  return memcmp(bytes, pattern + c->offset + at - in_head_size, n) == 0;
}

// The opening handshake of a WebSocket, before the socket stops blocking.
static void upgrade(int fd) {
  static const char request[] =
      "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1) die("send");
  char head[4096];
  size_t n = 0;
  while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4)) {
    if (n == sizeof head || recv(fd, head + n, 1, 0) != 1) die("handshake");
    n++;
  }
  if (memcmp(head, "HTTP/1.1 101 ", 13)) {
    fprintf(stderr, "the server does not upgrade: %.40s\n", head);
    exit(1);
  }
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
  if (events & EPOLLOUT && c->sent < out_head_size + size && push(c)) wait_for(ep, c, EPOLLIN);
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
  if (c->sent == 0 || !right(c, buffer, (size_t)n)) {
    fprintf(stderr, "wrong bytes after %llu requests\n", (unsigned long long)finished);
    exit(1);
  }
  c->received += (uint32_t)n;
  if (c->received < in_head_size + size) return;
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
  int pid = 0, websocket = 0;
  if (argc < 2 || argc % 2) {
    fprintf(stderr, "usage: echo_load PORT [--requests N] [--connections N] [--size N] [--warmup N] [--server-pid PID] [--websocket 1]\n");
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
    else if (!strcmp(argv[i], "--websocket")) websocket = value != 0;
    else return 64;
  }
  if (websocket && (size < 126 || size > 65535)) return 64;
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

  outgoing = pattern;
  if (websocket) {
    out_head_size = sizeof out_head;
    in_head_size = sizeof in_head;
    out_head[2] = in_head[2] = (unsigned char)(size >> 8);
    out_head[3] = in_head[3] = (unsigned char)size;
    outgoing = malloc(pattern_size);
    if (!outgoing) die("malloc");
    for (size_t i = 0; i < pattern_size; i++) outgoing[i] = pattern[i] ^ out_head[4];
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
    if (websocket) upgrade(c->fd);
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
  const char *name = websocket ? "websocket" : "echo";
  if (pid) printf("RESULT %s_cpu %.3f us/request\n", name, (double)cpu / measured / 1e3);
  printf("RESULT %s_wall %.3f us/request requests=%llu wall_s=%.3f verified_bytes=%llu\n", name, (double)wall / measured / 1e3,
         (unsigned long long)requests, (double)wall / 1e9, (unsigned long long)(total * size));
  static const struct { const char *name; double at; } marks[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};
  for (int i = 0; i < 3; i++)
    printf("RESULT %s_%s %.1f us\n", name, marks[i].name, latency[(size_t)((double)(requests - 1) * marks[i].at)] / 1e3);
  return 0;
}
