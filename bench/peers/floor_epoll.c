// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors
//
// The floor: a TCP echo server written by hand on epoll, with nothing between
// it and the kernel. `floor_epoll echo PORT`.
//
// Level-triggered, one recv per event (level triggering makes a second recv
// that would only say EAGAIN unnecessary), an optimistic send straight from the
// receive buffer, and EPOLLOUT only while the peer's window is full. A
// connection that cannot be written to is not read from either.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { buffer_size = 16384, batch = 256 };

struct connection {
  int fd;
  uint32_t sent, held; // bytes of `buffer` already sent, and held in total, while blocked
  char buffer[buffer_size];
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int listen_on(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // accepted sockets inherit it
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  if (listen(fd, 1024) < 0) die("listen");
  return fd;
}

static void drop(struct connection *c) {
  close(c->fd); // the only descriptor of this socket: epoll forgets it
  free(c);
}

static void accept_all(int ep, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE) usleep(1000); // do not spin at the limit
      return;
    }
    struct connection *c = malloc(sizeof *c);
    if (!c) {
      close(fd);
      return;
    }
    c->fd = fd;
    c->sent = c->held = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) < 0) drop(c);
  }
}

static void watch(int ep, struct connection *c, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &event);
}

// Sends what is held; returns 0 if all went, 1 if the window is full, -1 on error.
static int flush_held(struct connection *c) {
  while (c->sent < c->held) {
    ssize_t n = send(c->fd, c->buffer + c->sent, c->held - c->sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? 1 : -1;
    }
    c->sent += (uint32_t)n;
  }
  return 0;
}

static void serve(int ep, struct connection *c) {
  if (c->sent < c->held) { // blocked: only EPOLLOUT (or an error) brings us here
    int state = flush_held(c);
    if (state < 0) drop(c);
    if (state == 0) watch(ep, c, EPOLLIN);
    return;
  }
  ssize_t n = recv(c->fd, c->buffer, sizeof c->buffer, 0);
  if (n <= 0) {
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    drop(c);
    return;
  }
  c->sent = 0;
  c->held = (uint32_t)n;
  int state = flush_held(c);
  if (state < 0) drop(c);
  if (state > 0) watch(ep, c, EPOLLOUT);
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "version")) {
    puts("VERSION C, epoll, gcc " __VERSION__);
    return 0;
  }
  if (argc < 3 || strcmp(argv[1], "echo")) return 64;
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_on((uint16_t)atoi(argv[2]));
  int ep = epoll_create1(EPOLL_CLOEXEC);
  if (ep < 0) die("epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll_ctl");
  puts("READY");
  fflush(stdout);
  struct epoll_event events[batch];
  for (;;) {
    int n = epoll_wait(ep, events, batch, -1);
    if (n < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr)
        serve(ep, events[i].data.ptr);
      else
        accept_all(ep, listener);
    }
  }
}
