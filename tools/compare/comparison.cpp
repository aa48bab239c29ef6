// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "compare/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

#include "terminal/text.hpp"

namespace tool {

namespace {

constexpr work_kind kinds[] = {work_kind::requests, work_kind::primes};
constexpr work_way ways[] = {work_way::tasks, work_way::threads, work_way::processes};

const char* name_of(work_way way) {
  switch (way) {
    case work_way::tasks:
      return "async tasks";
    case work_way::threads:
      return "threads";
    case work_way::processes:
      return "processes";
  }
  return "";
}

std::string title_of(const comparison& c, work_kind kind) {
  return kind == work_kind::requests
             ? fmt::format("I/O-bound: {} requests, each answered after 100 ms", c.requests)
             : fmt::format("CPU-bound: primes below {}", c.limit);
}

const work_cost& cost_of(const comparison& c, work_kind kind, work_way way) {
  for (const measured_work& m : c.all)
    if (m.kind == kind && m.way == way) return m.cost;
  throw std::logic_error("compare: a measurement is missing");
}

std::string conclusion(const comparison& c) {
  auto cost = [&](work_kind k, work_way w) -> const work_cost& { return cost_of(c, k, w); };
  double one_core = cost(work_kind::primes, work_way::tasks).wall_seconds;
  double all_cores = cost(work_kind::primes, work_way::threads).wall_seconds;
  return fmt::format(
      "Waiting needs no thread: one thread's tasks wait for all requests at once, in {} where\n"
      "threads took {} and processes {}. Computing needs cores: tasks share one, threads used\n"
      "{} of them, {:.1f}× as fast. That is where C++ differs from Python's table: there is no\n"
      "GIL, so threads compute in parallel. What processes buy here is isolation: a crash ends\n"
      "one call and a call can be killed.\n",
      size_text(cost(work_kind::requests, work_way::tasks).memory_bytes),
      size_text(cost(work_kind::requests, work_way::threads).memory_bytes),
      size_text(cost(work_kind::requests, work_way::processes).memory_bytes),
      std::max(1u, std::thread::hardware_concurrency()), one_core / all_cores);
}

const char* word_of(work_kind kind) { return kind == work_kind::requests ? "requests" : "primes"; }
const char* word_of(work_way way) {
  switch (way) {
    case work_way::tasks:
      return "tasks";
    case work_way::threads:
      return "threads";
    case work_way::processes:
      return "processes";
  }
  return "";
}

}  // namespace

bool comparison::agrees() const {
  for (const measured_work& m : all) {
    std::int64_t expected =
        m.kind == work_kind::requests ? requests : cost_of(*this, m.kind, work_way::tasks).result;
    if (m.cost.result != expected) return false;
  }
  return all.size() == std::size(kinds) * std::size(ways);
}

std::string comparison::table() const {
  std::string text;
  for (work_kind kind : kinds) {
    text += title_of(*this, kind) + "\n";
    text += fmt::format("  {:<12} {:>9} {:>9} {:>12} {:>10}\n", "", "wall", "CPU", "peak memory",
                        "switches");
    for (work_way way : ways) {
      const work_cost& c = cost_of(*this, kind, way);
      text +=
          fmt::format("  {:<12} {:>7.3f} s {:>7.3f} s {:>12} {:>10}\n", name_of(way),
                      c.wall_seconds, c.cpu_seconds, size_text(c.memory_bytes), c.context_switches);
    }
    text += "\n";
  }
  return text + conclusion(*this);
}

std::string comparison::picture() const {
  constexpr int row = 26;
  constexpr int name_width = 100;
  constexpr int bar_width = 190;
  constexpr int column = bar_width + 90;
  struct measure {
    const char* name;
    double (*value)(const work_cost&);
    std::string (*text)(const work_cost&);
  };
  const measure measures[] = {
      {"wall time", [](const work_cost& c) { return c.wall_seconds; },
       [](const work_cost& c) { return fmt::format("{:.3f} s", c.wall_seconds); }},
      {"CPU time", [](const work_cost& c) { return c.cpu_seconds; },
       [](const work_cost& c) { return fmt::format("{:.3f} s", c.cpu_seconds); }},
      {"peak memory", [](const work_cost& c) { return static_cast<double>(c.memory_bytes); },
       [](const work_cost& c) { return size_text(c.memory_bytes); }},
      {"context switches",
       [](const work_cost& c) { return static_cast<double>(c.context_switches); },
       [](const work_cost& c) { return fmt::format("{}", c.context_switches); }}};
  const char* colours[] = {"#2a7f62", "#c98a1b", "#8a4f9e"};
  int width = 20 + name_width + column * static_cast<int>(std::size(measures));
  int block = 70 + row * static_cast<int>(std::size(ways));
  int height = block * static_cast<int>(std::size(kinds)) + 10;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"13\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      width, height);
  auto write = [&](int x, int y, std::string_view text, const char* more = "") {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" fill=\"#222222\"{}>{}</text>\n", x, y, more, text);
  };
  int top = 10;
  for (work_kind kind : kinds) {
    write(20, top + 20, title_of(*this, kind), " font-weight=\"bold\"");
    for (std::size_t w = 0; w < std::size(ways); ++w)
      write(20, top + 62 + row * static_cast<int>(w), name_of(ways[w]));
    int left = 20 + name_width;
    for (const measure& m : measures) {
      write(left, top + 42, m.name);
      double most = 0;
      for (work_way way : ways) most = std::max(most, m.value(cost_of(*this, kind, way)));
      for (std::size_t w = 0; w < std::size(ways); ++w) {
        const work_cost& c = cost_of(*this, kind, ways[w]);
        int length = most > 0 ? std::max(1, static_cast<int>(m.value(c) / most * bar_width)) : 1;
        int y = top + 50 + row * static_cast<int>(w);
        svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\" fill=\"{}\"/>\n",
                           left, y, length, colours[w]);
        write(left + length + 5, y + 12, m.text(c));
      }
      left += column;
    }
    top += block;
  }
  return svg + "</svg>\n";
}

rondo::task<comparison> compare(int requests, int limit) {
  comparison result;
  result.requests = requests;
  result.limit = limit;
  auto server = co_await start_slow_server();
  for (work_kind kind : kinds) {
    for (work_way way : ways) {
      std::string port = std::to_string(server.port());
      std::string wanted_requests = std::to_string(requests);
      std::string wanted_limit = std::to_string(limit);
      auto done = co_await rondo::run_process("/proc/self/exe", "compare", "--measure",
                                              word_of(kind), word_of(way), port, "--requests",
                                              wanted_requests, "--limit", wanted_limit);
      done.check();
      result.all.push_back({kind, way, work_cost_of(done.output)});
    }
  }
  co_await server.close();
  co_return result;
}

}  // namespace tool
