// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// `rondo compare`: the same work as async tasks, as threads and as processes.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

#include <rondo/io/file.hpp>
#include <rondo/loop/run.hpp>

#include "compare/comparison.hpp"
#include "subcommand.hpp"

namespace tool {

namespace {

struct compare_options {
  int requests = 100;
  int limit = 3'000'000;
  std::string svg;
  std::vector<std::string> measure;  // kind, way, port: this process does one of them
};

int measure(const compare_options& o) {
  work_order order;
  order.kind = o.measure[0] == "requests" ? work_kind::requests : work_kind::primes;
  order.way = o.measure[1] == "tasks"     ? work_way::tasks
              : o.measure[1] == "threads" ? work_way::threads
                                          : work_way::processes;
  order.port = static_cast<std::uint16_t>(std::stoi(o.measure[2]));
  order.requests = o.requests;
  order.limit = o.limit;
  fmt::print("{}\n", to_json(do_work(order)));
  return exit_ok;
}

rondo::task<int> compare_and_show(const compare_options& o) {
  comparison c = co_await compare(o.requests, o.limit);
  fmt::print("{}", c.table());
  if (!o.svg.empty()) {
    std::string picture = c.picture();
    co_await rondo::write_text(o.svg, picture);
    fmt::print("\nThe picture is in {}\n", o.svg);
  }
  if (!c.agrees()) {
    fmt::print(stderr, "rondo: compare: the results differ\n");
    co_return exit_failed;
  }
  co_return exit_ok;
}

}  // namespace

subcommand add_compare(CLI::App& rondo) {
  auto o = std::make_shared<compare_options>();
  CLI::App* options = rondo.add_subcommand(
      "compare", "Measure the same work as async tasks, as threads and as processes");
  options->add_option("--requests", o->requests, "How many requests to a slow server")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  options->add_option("--limit", o->limit, "Count the primes below it")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  options->add_option("--svg", o->svg, "Write a picture to this file");
  options->add_option("--measure", o->measure)->expected(3)->group("");
  return {options,
          [o] { return o->measure.empty() ? rondo::run(compare_and_show(*o)) : measure(*o); }};
}

}  // namespace tool
