// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>

#include <rondo/process/executor.hpp>

namespace rondo { inline namespace v0 {

namespace detail {
class pool_core;
}

/// The process that ran a call ended before it replied, or the pool did. The text
/// says how: `worker 1234 was killed by SIGSEGV during count_primes`. Other calls
/// are not concerned, and the next one gets a new worker.
class broken_process_pool : public error {
 public:
  using error::error;
};

struct process_pool_options {
  /// At most so many processes; 0: one for each CPU that this process may use.
  std::size_t workers = 0;
  /// The most bytes that the packed arguments of a call, or its result, may have:
  /// a call with more throws std::length_error. At most 4 GiB.
  std::size_t max_message = 64 * 1024 * 1024;
  /// A process that has run so many calls is replaced, against leaks. None: never; 0 is
  /// refused (usage_error).
  std::optional<std::size_t> max_calls_per_worker = {};
};
static_assert(std::is_trivially_destructible_v<process_pool_options>);

/// Runs functions of this program in other processes: Python's
/// ProcessPoolExecutor. For what computes long on all cores, may crash, or has to
/// be killed when nobody waits for it any more.
///
///     rondo::process_pool pool;
///     int n = co_await pool.call<&count_primes>(10'000'000);
///     auto all = co_await pool.map<&count_primes>(limits);   // in order
///
/// A worker is a fresh execution of this program's file with the same arguments,
/// started when a call needs it, by a thread of its own: the loop goes on meanwhile.
/// It comes to its calls when its main calls `run`,
/// or serve_process_pool(); what main does before that happens in every worker
/// too. One call at a time runs in a worker, further ones wait first come first
/// served. A worker shares nothing with this process but standard output and
/// error, its environment and directory; what a function prints to stdout is
/// flushed before its call returns. Its standard input is empty. It is in a
/// process group of its own, so that Ctrl-C is this process's business alone;
/// whatever ends it also ends what it has started in that group.
///
/// Cancelling a call that runs kills its worker and waits for the worker's end; a
/// call that waits for a worker is withdrawn, and a worker that was being started for
/// it is kept for the next one. A reply that has come in full wins.
/// If a worker dies in a call, that call throws broken_process_pool. A worker that
/// cannot be started makes its call throw std::system_error. If this process dies
/// in any way, its workers are killed.
///
/// Belongs to the loop's thread.
class process_pool final : public executor {
 public:
  /// Starts nothing yet. Throws usage_error in a process that is itself to be a
  /// worker and has come here without `run` or serve_process_pool().
  explicit process_pool(process_pool_options options = {});
  /// Kills the workers, without waiting for it; the end of `run` waits. Calls that
  /// still run or wait throw broken_process_pool.
  ~process_pool();

  /// Waits for the calls that run and wait, ends the workers and waits for their
  /// end. Calls made after it has begun throw usage_error. Cancelling it stops the
  /// waiting; the pool takes no calls then either.
  RONDO_CORO_COPYING_WRAPPER task<> close();

  /// The largest number of processes.
  std::size_t parallelism() const noexcept override;

 private:
  RONDO_CORO_COPYING_WRAPPER task<packed> execute(const remote_function& f,
                                                  packed arguments) override;

  std::shared_ptr<detail::pool_core> core_;
};

/// In a process that a process_pool has started, serves its calls and does not
/// return; in any other, does nothing. `run` does it by itself. Programs whose
/// main has something to do before `run` that workers should not do (parse
/// arguments, open files, print) call it first.
void serve_process_pool();

}}  // namespace rondo::v0
