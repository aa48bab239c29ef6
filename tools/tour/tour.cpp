// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// `rondo tour`: what Rondo does, shown and verified while it runs.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <string>
#include <thread>
#include <vector>

#include <rondo/rondo.hpp>

#include "compare/comparison.hpp"
#include "subcommand.hpp"
#include "tour/capture.hpp"
#include "tour/tour_downloads.hpp"
#include "tour/tour_examples.hpp"
#include "tour/tour_mistakes.hpp"

using namespace std::chrono_literals;

namespace tool {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Counts what was verified.
class verdicts {
 public:
  void check(bool ok, const std::string& claim) {
    fmt::print("   {} {}\n", ok ? "✓" : "✗ FAILED:", claim);
    std::fflush(stdout);
    (ok ? passed_ : failed_) += 1;
  }
  int passed() const { return passed_; }
  int failed() const { return failed_; }

 private:
  int passed_ = 0;
  int failed_ = 0;
};

void title(int number, const char* text) { fmt::print("\n{}. {}\n\n", number, text); }

void indent(std::string_view text) {
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    fmt::print("   │ {}\n", text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
}

// The program without its licence header.
std::string_view program_text(std::string_view source) {
  std::size_t at = source.find("#include");
  return at == source.npos ? source : source.substr(at);
}

void show_example(const example& e, verdicts& v) {
  fmt::print("   {}\n", e.file);
  indent(program_text(e.source));
  fmt::print("   it prints:\n");
  std::fflush(stdout);
  auto start = std::chrono::steady_clock::now();
  std::string output = run_captured(e.run, "   │ ");
  double took = seconds_since(start);
  v.check(output == e.expected, fmt::format("the output is what its Python twin prints"));
  v.check(took >= e.seconds && took < e.seconds + 0.5,
          fmt::format("in {:.1f} s, expected {:.1f}", took, e.seconds));
  fmt::print("\n");
}

rondo::task<> nap(double s) { co_await rondo::sleep(std::chrono::duration<double>(s)); }

void one_after_the_other(verdicts& v) {
  auto start = std::chrono::steady_clock::now();
  auto in_turn = []() -> rondo::task<> {
    co_await nap(1);
    co_await nap(2);
  };
  rondo::run(in_turn);
  double sequential = seconds_since(start);
  start = std::chrono::steady_clock::now();
  auto together = []() -> rondo::task<> { co_await rondo::gather(nap(1), nap(2)); };
  rondo::run(together);
  double gathered = seconds_since(start);
  fmt::print("   two tasks of 1 and 2 s: one after the other {:.1f} s, gathered {:.1f} s\n",
             sequential, gathered);
  v.check(sequential >= 3.0 && gathered >= 2.0 && gathered < sequential - 0.5,
          "gathered, they take as long as the longer one");
}

long primes_between(long from, long to) {
  long count = 0;
  for (long n = from < 2 ? 2 : from; n < to; ++n) {
    bool prime = true;
    for (long d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    count += prime;
  }
  return count;
}

void threads(verdicts& v) {
  constexpr long limit = 6'000'000;
  constexpr long parts = 16;
  auto start = std::chrono::steady_clock::now();
  long alone = primes_between(0, limit);
  double one_core = seconds_since(start);
  auto split = []() -> rondo::task<long> {
    std::vector<rondo::task<long>> pieces;
    for (long i = 0; i < parts; ++i) {
      auto piece = [](long from, long to) -> rondo::task<long> {
        co_return co_await rondo::to_thread(primes_between, from, to);
      };
      pieces.push_back(piece(limit / parts * i, limit / parts * (i + 1)));
    }
    long sum = 0;
    for (long n : co_await rondo::gather(pieces)) sum += n;
    co_return sum;
  };
  start = std::chrono::steady_clock::now();
  long together = rondo::run(split);
  double threaded = seconds_since(start);
  unsigned cores = std::thread::hardware_concurrency();
  fmt::print(
      "   primes below {}: on one core {:.2f} s, with to_thread on {} cores {:.2f} s, {:.1f}× as "
      "fast\n",
      limit, one_core, cores, threaded, one_core / threaded);
  v.check(alone == together, fmt::format("both count {}", alone));
}

void mistakes(verdicts& v) {
  for (const mistake& m : all_mistakes()) {
    fmt::print("   {}\n", m.name);
    std::string said = m.run();
    indent(said);
    bool named = true;
    for (const std::string& word : m.must_name) named = named && said.find(word) != said.npos;
    v.check(named, fmt::format("caught, and names {}", fmt::join(m.must_name, " and ")));
    fmt::print("\n");
  }
}

void three_ways(verdicts& v) {
  comparison c = rondo::run(compare(100, 2'000'000));
  indent(c.table());
  v.check(c.agrees(), "every request was answered, and all count the same primes");
  double one_after_the_other = 100 * 0.1;
  for (const measured_work& m : c.all)
    if (m.kind == work_kind::requests && m.way == work_way::tasks)
      v.check(m.cost.wall_seconds < one_after_the_other / 4,
              fmt::format("one thread waited for 100 slow answers in {:.2f} s, not {:.0f}",
                          m.cost.wall_seconds, one_after_the_other));
}

int tour() {
  verdicts v;
  auto start = std::chrono::steady_clock::now();
  title(1, "The programs of the tutorial");
  for (const example& e : tutorial_examples()) show_example(e, v);
  one_after_the_other(v);

  title(2, "The downloader on real HTTP: three files of 2 s each, from a server on loopback");
  shown_downloads d = rondo::run(show_downloads());
  v.check(d.hashes_match, "all three files have the hash of what was served");
  v.check(d.seconds >= 1.9 && d.seconds < 3.0,
          fmt::format("together they took {:.1f} s, not 6", d.seconds));

  title(3, "Threads: the same computation on one core and on all");
  threads(v);

  title(4, "Tasks, threads and processes: the tutorial's table, measured");
  three_ways(v);

  title(5, "The classic mistakes, each caught");
  mistakes(v);

  title(6, "Its own task tree, in the middle of those downloads");
  indent(d.task_tree);
  v.check(d.task_tree.find("fetch") != std::string::npos &&
              d.task_tree.find("tour_downloads.cpp:") != std::string::npos,
          "it names the coroutines, what they wait for and where");

  fmt::print("\n{} claims verified, {} failed, in {:.0f} s\n", v.passed(), v.failed(),
             seconds_since(start));
  return v.failed() == 0 ? exit_ok : exit_failed;
}

}  // namespace

subcommand add_tour(CLI::App& rondo) {
  CLI::App* options = rondo.add_subcommand("tour", "Show what Rondo does, and verify it");
  return {options, [] { return tour(); }};
}

}  // namespace tool
