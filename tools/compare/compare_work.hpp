// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <rondo/io/server.hpp>

namespace tool {

/// What `rondo compare` measures: one kind of work, done in one way.
enum class work_kind : unsigned char { requests, primes };
enum class work_way : unsigned char { tasks, threads, processes };

struct work_order {
  work_kind kind = work_kind::requests;
  work_way way = work_way::tasks;
  std::uint16_t port = 0;  ///< of the slow server
  int requests = 100;
  int limit = 3'000'000;  ///< primes below it
};

/// What it cost the process that did it, and the processes that it started.
struct work_cost {
  std::int64_t result = 0;  ///< answers, or primes
  double wall_seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t memory_bytes = 0;  ///< resident, at its highest
  std::uint64_t context_switches = 0;
};

/// Does it in this process, which should have done nothing before.
work_cost do_work(const work_order& order);

/// Answers a line with a line, after 100 ms: a slow database.
rondo::task<rondo::server> start_slow_server();

std::string to_json(const work_cost& cost);
/// Throws std::exception for what is none.
work_cost work_cost_of(const std::string& json);

}  // namespace tool
