// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <rondo/coro/detail/entry.hpp>

namespace rondo::inline v0::detail {

/// A piece of work for a thread of the pool. Part of the operation that waits
/// for it. `run` is called on the thread; it must not throw.
struct job {
  job* next = nullptr;
  job* previous = nullptr;
  void (*run)(job&) noexcept = nullptr;
  enum class state : unsigned char { idle, queued, taken } at = state::idle;
};

/// The threads behind to_thread: started on demand, up to min(32, cores + 4) as
/// Python's; idle ones wait. One per process. Thread safe.
class worker_threads {
 public:
  static worker_threads& shared();

  /// Never waits: the queue is bounded only by the operations that wait.
  /// Throws std::system_error when there is no thread and none can be started.
  void submit(job& j);
  /// Takes a job back that no thread has begun.
  bool withdraw(job& j) noexcept;

 private:
  worker_threads();
  ~worker_threads();
  struct state;
  state* state_;
};

}  // namespace rondo::inline v0::detail
