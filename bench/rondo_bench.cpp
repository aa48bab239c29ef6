// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The benchmark program: each workload as a user would write it. The peers in
// bench/peers take the same arguments and print the same lines; bench/compare.py
// runs them side by side.
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

#if __has_include(<rondo/http/client.hpp>) && defined(RONDO_BENCH_HTTP_CLIENT)
#include <rondo/http/client.hpp>
#endif
#if defined(RONDO_BENCH_HTTP_SERVER)
#include <rondo/http/server.hpp>
#endif
#if defined(RONDO_BENCH_HTTP_WEBSOCKET)
#include <rondo/http/websocket.hpp>
#endif
#if defined(RONDO_BENCH_TLS)
#include <rondo/tls.hpp>
#endif

#include <unistd.h>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "allocations.hpp"
#include "databases.hpp"

using namespace std::chrono_literals;

namespace {

std::int64_t clock_ns(clockid_t which) {
  timespec t;
  clock_gettime(which, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// Wall and processor time since it was made, per unit of work.
struct stopwatch {
  std::int64_t wall = clock_ns(CLOCK_MONOTONIC);
  std::int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  double wall_ns(long n) const {
    return static_cast<double>(clock_ns(CLOCK_MONOTONIC) - wall) / static_cast<double>(n);
  }
  double cpu_ns(long n) const {
    return static_cast<double>(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / static_cast<double>(n);
  }
};

void print_result(const char* name, double value, const char* unit) {
  std::printf("RESULT %s %.2f %s\n", name, value, unit);
}

long resident_bytes() {
  long pages = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(f);
  }
  return pages * sysconf(_SC_PAGESIZE);
}

rondo::task<> yield_n(long n) {
  for (long i = 0; i < n; ++i) co_await rondo::sleep(0s);
}

rondo::task<> bench_switch(long n) {
  stopwatch w;
  co_await rondo::gather(yield_n(n), yield_n(n));
  print_result("switch", w.wall_ns(2 * n), "ns/switch");
}

rondo::task<> nothing() { co_return; }

rondo::task<> bench_spawn(long n) {
  stopwatch w;
  for (long done = 0; done < n; done += 1000) {
    co_await rondo::gather(std::views::iota(0, 1000) |
                           std::views::transform([](int) { return nothing(); }));
  }
  print_result("spawn", w.wall_ns(n), "ns/task");
}

__attribute__((noinline)) rondo::task<long> same(long x) { co_return x; }

rondo::task<> bench_await(long n) {
  std::uint64_t before = allocations();
  stopwatch w;
  long sum = 0;
  for (long i = 0; i < n; ++i) sum += co_await same(i);
  double ns = w.wall_ns(n);
  if (sum != n * (n - 1) / 2) std::abort();
  std::printf("RESULT await %.2f ns/await allocations=%.3f\n", ns,
              static_cast<double>(allocations() - before) / static_cast<double>(n));
}

rondo::task<> sleeper() { co_await rondo::sleep(100s); }

rondo::task<> bench_sleepers(long n) {
  std::vector<rondo::task_handle<>> handles;
  handles.reserve(static_cast<std::size_t>(n));
  std::memset(static_cast<void*>(handles.data()), 0, sizeof(handles[0]) * handles.capacity());
  long before = resident_bytes();
  {
    stopwatch w;
    for (long i = 0; i < n; ++i) handles.push_back(rondo::create_task(sleeper()));
    co_await rondo::sleep(0s);
    print_result("sleepers_start", w.wall_ns(n), "ns/task");
  }
  print_result("sleepers", static_cast<double>(resident_bytes() - before) / static_cast<double>(n),
               "B/task");
  stopwatch w;
  for (auto& h : handles) h.cancel();
  auto ended = co_await rondo::wait(std::move(handles));
  print_result("cancel", w.wall_ns(n), "ns/task");
  for (auto& h : ended.done)
    if (!h.cancelled()) std::abort();
}

rondo::task<> bench_timers(long n) {
  std::mt19937_64 random(42);
  std::uniform_int_distribution<long> ns(0, 1'000'000'000);
  std::vector<rondo::task_handle<>> handles;
  handles.reserve(static_cast<std::size_t>(n));
  stopwatch w;
  auto one = [](long wait) -> rondo::task<> {
    co_await rondo::sleep(std::chrono::nanoseconds(wait));
  };
  co_await rondo::gather(std::views::iota(0L, n) |
                         std::views::transform([&](long) { return one(ns(random)); }));
  print_result("timers", w.cpu_ns(n), "cpu-ns/timer");
}

rondo::task<> bench_timeout(long n) {
  stopwatch w;
  for (long i = 0; i < n; ++i) co_await rondo::wait_for(rondo::sleep(0s), 10s);
  print_result("timeout", w.wall_ns(n), "ns/timeout-scope");
}

rondo::task<> bench_queue(long n) {
  rondo::queue<long> q(128);
  auto produce = [&]() -> rondo::task<> {
    for (long i = 0; i < n; ++i) co_await q.put(i);
  };
  auto consume = [&]() -> rondo::task<> {
    for (long i = 0; i < n; ++i)
      if (co_await q.get() != i) std::abort();
  };
  stopwatch w;
  co_await rondo::gather(produce(), consume());
  print_result("queue", w.wall_ns(n), "ns/item");
}

rondo::task<> bench_to_thread(long n) {
  stopwatch w;
  for (long i = 0; i < n; ++i)
    if (co_await rondo::to_thread([](long x) { return x + 1; }, i) != i + 1) std::abort();
  print_result("to_thread", w.wall_ns(n), "ns/roundtrip");
}

rondo::task<> bench_subprocess(long n) {
  constexpr int at_once = 16;
  long left = n;
  auto worker = [&]() -> rondo::task<> {
    while (left-- > 0) {
      auto process = co_await rondo::create_subprocess_exec("/bin/true");
      rondo::exit_status status = co_await process.wait();
      if (!status.success()) std::abort();
    }
  };
  stopwatch w;
  co_await rondo::gather(std::views::iota(0, at_once) |
                         std::views::transform([&](int) { return worker(); }));
  print_result("subprocess", w.wall_ns(n) / 1e3, "us/process");
}

rondo::task<> echo(rondo::stream s) {
  while (true) {
    std::string data = co_await s.read();
    if (data.empty()) break;
    co_await s.write(data);
  }
}

// N datagrams of 64 bytes there and back, each verified, over loopback.
rondo::task<> bench_udp(long n) {
  auto server = co_await rondo::bind_udp("127.0.0.1", 0);
  auto client = co_await rondo::connect_udp(server.local());
  auto answer = [&]() -> rondo::task<> {
    char buffer[2048];
    for (long i = 0; i < n; ++i) {
      auto got = co_await server.receive_into(buffer);
      co_await server.send_to({buffer, got.length}, got.sender);
    }
  };
  auto ask = [&]() -> rondo::task<> {
    char question[64] = {}, reply[2048];
    for (long i = 0; i < n; ++i) {
      std::memcpy(question, &i, sizeof i);
      co_await client.send({question, sizeof question});
      auto got = co_await client.receive_into(reply);
      if (got.length != sizeof question || std::memcmp(reply, question, sizeof question) != 0)
        std::abort();
    }
  };
  stopwatch w;
  co_await rondo::gather(answer(), ask());
  print_result("udp", w.wall_ns(n), "ns/roundtrip");
}

rondo::task<> bench_echo(std::uint16_t port) {
  auto server = co_await rondo::start_server(echo, "127.0.0.1", port);
  std::puts("READY");
  std::fflush(stdout);
  co_await server.serve_forever();
}

#if defined(RONDO_BENCH_TLS)
// Enough of HTTP/1.0 for `openssl s_time` and curl: "GET /1000" gives 1,000 bytes.
rondo::task<> serve_bytes(rondo::stream s) {
  static const std::string body(1 << 20, 'x');
  try {
    std::string head = co_await s.read_until("\r\n\r\n");
    auto left = static_cast<std::size_t>(std::atol(head.c_str() + std::strlen("GET /")));
    co_await s.write("HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(left) + "\r\n\r\n");
    while (left > 0) {
      std::string_view part = std::string_view(body).substr(0, left);
      co_await s.write(part);
      left -= part.size();
    }
  } catch (const std::exception&) {  // s_time leaves in the middle when its time is over
  }
}

rondo::task<> bench_tls(std::uint16_t port, std::string certificate, std::string key) {
  auto context = rondo::tls_context::server(certificate, key);
  auto server = co_await rondo::start_tls_server(serve_bytes, "127.0.0.1", port, context);
  std::puts("READY");
  std::fflush(stdout);
  co_await server.serve_forever();
}
#endif

#if defined(RONDO_BENCH_HTTP_SERVER)
rondo::http::reply hello(rondo::http::request&) { return "Hello, World!"; }

rondo::task<> bench_http(std::uint16_t port) {
  rondo::http::router site;
  site.get("/", hello);
  auto server = co_await rondo::http::start_server(std::move(site), "127.0.0.1", port);
  std::puts("READY");
  std::fflush(stdout);
  co_await server.serve_forever();
}
#endif

#if defined(RONDO_BENCH_HTTP_WEBSOCKET)
rondo::task<> echo_messages(rondo::http::websocket ws) {
  auto messages = ws.messages();
  while (auto message = co_await messages.next()) co_await ws.send_bytes(message->data);
}

rondo::task<> bench_websocket(std::uint16_t port) {
  auto site = [](rondo::http::request& r) {
    return rondo::http::accept_websocket(r, echo_messages);
  };
  auto server = co_await rondo::http::start_server(site, "127.0.0.1", port);
  std::puts("READY");
  std::fflush(stdout);
  co_await server.serve_forever();
}
#endif

#if defined(RONDO_BENCH_HTTP_CLIENT)
rondo::task<> bench_download(std::string url, long n, std::size_t at_once) {
  rondo::http::session session;
  auto get = [&](long) -> rondo::task<std::size_t> {
    auto r = co_await session.get(url);
    r.raise_for_status();
    co_return r.body.size();
  };
  stopwatch w;
  auto sizes =
      co_await rondo::gather(std::views::iota(0L, n) | std::views::transform(get), at_once);
  double wall = w.wall_ns(n) / 1000;
  double cpu = w.cpu_ns(n) / 1000;
  std::size_t bytes = 0;
  for (std::size_t s : sizes) bytes += s;
  std::printf("RESULT download %.2f us/get\n", wall);
  std::printf("RESULT download_cpu %.2f us/get bytes=%zu\n", cpu, bytes);
}
#endif

rondo::task<> bench_files(std::string directory, std::size_t n) {
  std::vector<std::string> paths;
  for (const auto& e : std::filesystem::directory_iterator(directory))
    if (e.is_regular_file()) paths.push_back(e.path());
  std::ranges::sort(paths);
  if (paths.size() > n) paths.resize(n);
  auto read = [](const std::string& path) -> rondo::task<std::size_t> {
    std::string text = co_await rondo::read_text(path);
    co_return text.size();
  };
  stopwatch w;
  auto sizes = co_await rondo::gather(paths | std::views::transform(read), 256);
  auto count = static_cast<long>(paths.size());
  double wall = w.wall_ns(count) / 1000;
  double cpu = w.cpu_ns(count) / 1000;
  std::size_t bytes = 0;
  for (std::size_t s : sizes) bytes += s;
  std::printf("RESULT files %.2f us/file\n", wall);
  std::printf("RESULT files_cpu %.2f us/file bytes=%zu\n", cpu, bytes);
}

rondo::task<> print_version() {
  std::printf("VERSION rondo 0.1.0 on %s, %s\n", to_string(rondo::loop::current().backend()),
#if defined(__clang__)
              "clang " __clang_version__
#else
              "g++ " __VERSION__
#endif
  );
  co_return;
}

constexpr int no_such_workload = 64;

int usage() {
  std::fputs("usage: rondo_bench WORKLOAD ARGUMENTS (see bench/README.md)\n", stderr);
  return no_such_workload;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage();
  std::string_view name = argv[1];
  auto number = [&](int i) { return argc > i ? std::atol(argv[i]) : 0; };
  long n = number(2);
  auto port = static_cast<std::uint16_t>(n);
  if (name == "version") {
    rondo::run(print_version());
  } else if (argc < 3) {
    return usage();
  } else if (name == "switch") {
    rondo::run(bench_switch(n));
  } else if (name == "spawn") {
    rondo::run(bench_spawn(n));
  } else if (name == "await") {
    rondo::run(bench_await(n));
  } else if (name == "sleepers") {
    rondo::run(bench_sleepers(n));
  } else if (name == "timers") {
    rondo::run(bench_timers(n));
  } else if (name == "timeout") {
    rondo::run(bench_timeout(n));
  } else if (name == "queue") {
    rondo::run(bench_queue(n));
  } else if (name == "to_thread") {
    rondo::run(bench_to_thread(n));
  } else if (name == "udp") {
    rondo::run(bench_udp(n));
  } else if (name == "subprocess") {
    rondo::run(bench_subprocess(n));
  } else if (name == "echo") {
    rondo::run(bench_echo(port));
#if defined(RONDO_BENCH_TLS)
  } else if (name == "tls" && argc == 5) {
    rondo::run(bench_tls(port, argv[3], argv[4]));
#endif
#if defined(RONDO_BENCH_HTTP_SERVER)
  } else if (name == "http") {
    rondo::run(bench_http(port));
#endif
#if defined(RONDO_BENCH_HTTP_WEBSOCKET)
  } else if (name == "websocket") {
    rondo::run(bench_websocket(port));
#endif
#if defined(RONDO_BENCH_HTTP_CLIENT)
  } else if (name == "download" && argc == 6) {
    std::string path = argv[5];
    if (!path.starts_with('/')) path.insert(0, "/");
    rondo::run(bench_download("http://127.0.0.1:" + std::string(argv[2]) + path, number(3),
                              static_cast<std::size_t>(number(4))));
#endif
  } else if (name == "files" && argc == 4) {
    rondo::run(bench_files(argv[2], static_cast<std::size_t>(number(3))));
  } else if (!run_database_workload(argc, argv)) {
    return no_such_workload;
  }
  return 0;
}
