// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors
//
// The libuv peer: callbacks on one uv_loop_t. `libuv_peer timers N | udp N | echo PORT`.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

static void check(int status, const char *what) {
  if (status < 0) {
    fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
    exit(1);
  }
}

static uint64_t cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// timers N

static long fired;

static void on_timer(uv_timer_t *timer) {
  fired++;
  uv_close((uv_handle_t *)timer, NULL);
}

static int timers(long n) {
  uv_loop_t *loop = uv_default_loop();
  srandom(1);
  uint64_t began = cpu_ns();
  uv_timer_t *all = malloc((size_t)n * sizeof *all);
  for (long i = 0; i < n; i++) {
    check(uv_timer_init(loop, &all[i]), "uv_timer_init");
    check(uv_timer_start(&all[i], on_timer, (uint64_t)random() % 1000, 0), "uv_timer_start");
  }
  uv_run(loop, UV_RUN_DEFAULT);
  free(all);
  uint64_t spent = cpu_ns() - began;
  if (fired != n) return 1;
  printf("RESULT timers %.1f cpu-ns/timer\n", (double)spent / (double)n);
  return 0;
}

// echo PORT: try to write at once from the read buffer; only what the socket
// would not take is queued, and nothing more is read until it is gone.

struct connection {
  uv_tcp_t tcp;
  uv_write_t write;
  char buffer[65536];
};

static void on_close(uv_handle_t *handle) { free(handle->data); }

static void drop(struct connection *c) {
  if (!uv_is_closing((uv_handle_t *)&c->tcp)) uv_close((uv_handle_t *)&c->tcp, on_close);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out) {
  (void)suggested;
  struct connection *c = handle->data;
  *out = uv_buf_init(c->buffer, sizeof c->buffer);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in);

static void on_written(uv_write_t *write, int status) {
  struct connection *c = write->data;
  if (status < 0 || uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0) drop(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *in) {
  struct connection *c = stream->data;
  if (n == 0) return;
  if (n < 0) {
    drop(c);
    return;
  }
  uv_buf_t out = uv_buf_init(in->base, (unsigned)n);
  int sent = uv_try_write(stream, &out, 1);
  if (sent < 0 && sent != UV_EAGAIN) {
    drop(c);
    return;
  }
  if (sent < 0) sent = 0;
  if (sent == n) return;
  uv_read_stop(stream);
  out = uv_buf_init(in->base + sent, (unsigned)(n - sent));
  if (uv_write(&c->write, stream, &out, 1, on_written) < 0) drop(c);
}

static void on_connection(uv_stream_t *listener, int status) {
  if (status < 0) return;
  struct connection *c = malloc(sizeof *c);
  if (!c) exit(1);
  check(uv_tcp_init(listener->loop, &c->tcp), "uv_tcp_init");
  c->tcp.data = c->write.data = c;
  if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
    drop(c);
    return;
  }
  uv_tcp_nodelay(&c->tcp, 1);
  if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0) drop(c);
}

// udp N: two sockets on the loop; each answer asks the next question

static long asked, questions;
static char question[64];
static uv_udp_t client;

static void on_udp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)suggested;
  static char memory[2][2048];
  *buffer = uv_buf_init(memory[handle == (uv_handle_t *)&client], sizeof memory[0]);
}

// uv_udp_try_send is what libuv's users take for small datagrams: no request.
static void ask(void) {
  memcpy(question, &asked, sizeof asked);
  uv_buf_t buffer = uv_buf_init(question, sizeof question);
  check(uv_udp_try_send(&client, &buffer, 1, NULL), "uv_udp_try_send");
}

static void on_question(uv_udp_t *server, ssize_t n, const uv_buf_t *buffer, const struct sockaddr *sender,
                        unsigned flags) {
  (void)flags;
  if (!sender) return;  // nothing more to read
  check((int)n, "receive");
  uv_buf_t answer = uv_buf_init(buffer->base, (unsigned)n);
  check(uv_udp_try_send(server, &answer, 1, sender), "uv_udp_try_send");
}

static void on_answer(uv_udp_t *handle, ssize_t n, const uv_buf_t *buffer, const struct sockaddr *sender,
                      unsigned flags) {
  (void)flags;
  if (!sender) return;
  check((int)n, "receive");
  if (n != sizeof question || memcmp(buffer->base, question, sizeof question)) abort();
  if (++asked < questions) {
    ask();
  } else {
    uv_stop(handle->loop);
  }
}

static int udp(long n) {
  uv_loop_t *loop = uv_default_loop();
  uv_udp_t server;
  struct sockaddr_in address;
  int size = sizeof address;
  questions = n;
  check(uv_udp_init(loop, &server), "uv_udp_init");
  check(uv_udp_init(loop, &client), "uv_udp_init");
  check(uv_ip4_addr("127.0.0.1", 0, &address), "uv_ip4_addr");
  check(uv_udp_bind(&server, (const struct sockaddr *)&address, 0), "uv_udp_bind");
  check(uv_udp_getsockname(&server, (struct sockaddr *)&address, &size), "uv_udp_getsockname");
  check(uv_udp_connect(&client, (const struct sockaddr *)&address), "uv_udp_connect");
  check(uv_udp_recv_start(&server, on_udp_alloc, on_question), "uv_udp_recv_start");
  check(uv_udp_recv_start(&client, on_udp_alloc, on_answer), "uv_udp_recv_start");
  uint64_t began = uv_hrtime();
  ask();
  uv_run(loop, UV_RUN_DEFAULT);
  printf("RESULT udp %.3f ns/roundtrip\n", (double)(uv_hrtime() - began) / (double)n);
  return 0;
}

static int echo(int port) {
  uv_loop_t *loop = uv_default_loop();
  uv_tcp_t listener;
  struct sockaddr_in address;
  check(uv_tcp_init(loop, &listener), "uv_tcp_init");
  check(uv_ip4_addr("127.0.0.1", port, &address), "uv_ip4_addr");
  check(uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0), "uv_tcp_bind");
  check(uv_listen((uv_stream_t *)&listener, 1024, on_connection), "uv_listen");
  puts("READY");
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "version")) {
    printf("VERSION libuv %s, gcc " __VERSION__ "\n", uv_version_string());
    return 0;
  }
  if (argc < 3) return 64;
  if (!strcmp(argv[1], "timers")) return timers(atol(argv[2]));
  if (!strcmp(argv[1], "udp")) return udp(atol(argv[2]));
  if (!strcmp(argv[1], "echo")) return echo(atoi(argv[2]));
  return 64;
}
