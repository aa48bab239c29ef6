// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "compare/compare_work.hpp"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include <rondo/exec/thread_pool.hpp>
#include <rondo/io.hpp>
#include <rondo/process/process_pool.hpp>
#include <rondo/rondo.hpp>
#include "detail/errno_error.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;

constexpr int pieces = 16;  // of the primes

/// A part of the work, with what it tells of the process that did it.
struct part {
  std::int64_t result = 0;
  int process = 0;
  std::uint64_t memory = 0;
  MSGPACK_DEFINE(result, process, memory)
};

// VmHWM belongs to this program; ru_maxrss may still be that of the one before
// exec.
std::uint64_t highest_memory() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmHWM:") continue;
    std::uint64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

part done(std::int64_t result) { return {result, ::getpid(), highest_memory()}; }

std::int64_t primes_between(int from, int to) {
  std::int64_t count = 0;
  for (int n = from < 2 ? 2 : from; n < to; ++n) {
    bool prime = true;
    for (int d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    count += prime;
  }
  return count;
}

// As it is written without a loop: the thread waits.
std::int64_t blocking_request(std::uint16_t port) {
  auto check = [](ssize_t result, const char* what) {
    if (result < 0) throw rondo::detail::errno_error(errno, what);
    return result;
  };
  struct socket {
    int fd;
    ~socket() { ::close(fd); }
  } s{static_cast<int>(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  check(::connect(s.fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
  check(::send(s.fd, "hello\n", 6, MSG_NOSIGNAL), "send");
  char answer[16];
  return check(::recv(s.fd, answer, sizeof answer, 0), "recv") > 0;
}

rondo::task<std::int64_t> awaited_request(std::uint16_t port) {
  auto s = co_await rondo::open_connection("127.0.0.1", port);
  co_await s.write("hello\n");
  std::string answer = co_await s.read_line();
  co_return !answer.empty();
}

part request_in_process(int port) {
  return done(blocking_request(static_cast<std::uint16_t>(port)));
}
part primes_in_process(int from, int to) { return done(primes_between(from, to)); }

struct piece_of_primes {
  int from, to;
};
std::vector<piece_of_primes> split(int limit) {
  std::vector<piece_of_primes> all;
  for (int i = 0; i < pieces; ++i) {
    std::int64_t n = limit;
    all.push_back({static_cast<int>(n * i / pieces), static_cast<int>(n * (i + 1) / pieces)});
  }
  return all;
}

std::int64_t sum(const std::vector<std::int64_t>& parts) {
  std::int64_t total = 0;
  for (std::int64_t n : parts) total += n;
  return total;
}

rondo::task<std::int64_t> as_tasks(const work_order& order) {
  std::vector<rondo::task<std::int64_t>> all;
  if (order.kind == work_kind::requests) {
    for (int i = 0; i < order.requests; ++i) all.push_back(awaited_request(order.port));
  } else {
    auto piece = [](piece_of_primes p) -> rondo::task<std::int64_t> {
      co_return primes_between(p.from, p.to);
    };
    for (piece_of_primes p : split(order.limit)) all.push_back(piece(p));
  }
  auto parts = co_await rondo::gather(std::move(all));
  co_return sum(parts);
}

rondo::task<std::int64_t> as_threads(const work_order& order) {
  bool requests = order.kind == work_kind::requests;
  rondo::thread_pool pool({.threads = requests ? static_cast<std::size_t>(order.requests) : 0});
  std::vector<rondo::task<std::int64_t>> all;
  auto request = [&]() -> rondo::task<std::int64_t> {
    co_return co_await pool.run(blocking_request, order.port);
  };
  auto piece = [&](piece_of_primes p) -> rondo::task<std::int64_t> {
    co_return co_await pool.run(primes_between, p.from, p.to);
  };
  if (requests) {
    for (int i = 0; i < order.requests; ++i) all.push_back(request());
  } else {
    for (piece_of_primes p : split(order.limit)) all.push_back(piece(p));
  }
  auto parts = co_await rondo::gather(std::move(all));
  co_return sum(parts);
}

rondo::task<std::int64_t> as_processes(const work_order& order, std::uint64_t& memory) {
  bool requests = order.kind == work_kind::requests;
  rondo::process_pool pool({.workers = requests ? static_cast<std::size_t>(order.requests) : 0});
  std::vector<rondo::task<part>> all;
  if (requests) {
    for (int i = 0; i < order.requests; ++i)
      all.push_back(pool.call<&request_in_process>(static_cast<int>(order.port)));
  } else {
    for (piece_of_primes p : split(order.limit))
      all.push_back(pool.call<&primes_in_process>(p.from, p.to));
  }
  auto parts = co_await rondo::gather(std::move(all));
  std::int64_t total = 0;
  std::map<int, std::uint64_t> highest;
  for (const part& p : parts) {
    total += p.result;
    highest[p.process] = std::max(highest[p.process], p.memory);
  }
  for (auto& [process, bytes] : highest) memory += bytes;
  co_await pool.close();
  co_return total;
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

}  // namespace

work_cost do_work(const work_order& order) {
  work_cost cost;
  std::uint64_t memory_of_others = 0;
  auto work = [&]() -> rondo::task<std::int64_t> {
    switch (order.way) {
      case work_way::tasks:
        co_return co_await as_tasks(order);
      case work_way::threads:
        co_return co_await as_threads(order);
      case work_way::processes:
        break;
    }
    co_return co_await as_processes(order, memory_of_others);
  };
  auto start = std::chrono::steady_clock::now();
  cost.result = rondo::run(work);
  cost.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    cost.cpu_seconds += seconds(used.ru_utime) + seconds(used.ru_stime);
    cost.context_switches += static_cast<std::uint64_t>(used.ru_nvcsw + used.ru_nivcsw);
  }
  cost.memory_bytes = highest_memory() + memory_of_others;
  return cost;
}

rondo::task<rondo::server> start_slow_server() {
  auto answer = [](rondo::stream s) -> rondo::task<> {
    std::string question = co_await s.read_line();
    co_await rondo::sleep(100ms);
    if (!question.empty()) co_await s.write("hello yourself\n");
  };
  co_return co_await rondo::start_server(answer, "127.0.0.1", 0);
}

std::string to_json(const work_cost& c) {
  return nlohmann::json{{"result", c.result},
                        {"wall_s", c.wall_seconds},
                        {"cpu_s", c.cpu_seconds},
                        {"memory_bytes", c.memory_bytes},
                        {"context_switches", c.context_switches}}
      .dump();
}

work_cost work_cost_of(const std::string& json) {
  auto j = nlohmann::json::parse(json);
  return {j.at("result"), j.at("wall_s"), j.at("cpu_s"), j.at("memory_bytes"),
          j.at("context_switches")};
}

}  // namespace tool
