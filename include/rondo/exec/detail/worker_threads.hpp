// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class outside;

/// A piece of work for a thread of a pool. Part of the operation that waits for
/// it. Its functions are called on another thread; they must not throw.
struct job : list_link<job> {
  void (*run)(job&) noexcept = nullptr;
  /// Says that it has run, to who waits for it; the job may be gone then. Apart
  /// from run, so that the thread counts as free before the next job comes.
  void (*finish)(job&) noexcept = nullptr;
  /// Instead of both: the pool is destroyed and no thread had begun.
  void (*refuse)(job&) noexcept = nullptr;
  /// Told when a job that waited for room in the queue has got it.
  outside* admission = nullptr;
  enum class state : unsigned char { idle, waiting, queued, taken } at = state::idle;
};

/// The threads behind to_thread and thread_pool: started on demand, named, with
/// all signals blocked; idle ones wait, and the one that went idle last is woken
/// first, while what it needs is still in the caches. Thread safe.
///
/// A child of fork has none of the threads: there the pool begins afresh, and what
/// was queued is the parent's.
class worker_threads : public list_link<worker_threads> {
 public:
  /// At most `threads` of them; at most `queue` jobs are queued, the others wait
  /// for room, first come first served.
  worker_threads(std::size_t threads, std::size_t queue, std::string name);
  /// Refuses what no thread has begun, waits for what runs.
  ~worker_threads();
  worker_threads(const worker_threads&) = delete;
  worker_threads& operator=(const worker_threads&) = delete;

  /// The pool of to_thread: up to min(32, cores + 4) threads, as Python's.
  static worker_threads& shared();
  /// How many cores this process may use.
  static std::size_t usable_cores() noexcept;

  /// Never blocks. False: the queue is full, the job waits for room in it.
  /// Throws std::system_error when there is no thread and none can be started.
  bool submit(job& j);
  /// Takes a job back that no thread has begun.
  bool withdraw(job& j) noexcept;
  /// Takes a job back that waits for room.
  bool withdraw_waiting(job& j) noexcept;

  const std::string& name() const noexcept;
  std::size_t limit() const noexcept;
  std::size_t queued() const noexcept;
  std::size_t waiting() const noexcept;
  std::size_t running() const noexcept;

 private:
  struct state;
  class all_pools;
  state* state_;
};

}}}  // namespace rondo::v0::detail
